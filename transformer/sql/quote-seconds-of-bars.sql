-- Makes the facts of a day's quote seconds from its bars: all but those before the first known trade.
COPY (
    SELECT epoch_us(window_start) // 1000000 AS second, quote_count,
           bid, bid_qty, ask, ask_qty, spread, spread_mean
    FROM read_parquet(getvariable('known_path'), hive_partitioning = false)
    WHERE quote_count > 0
    ORDER BY second
) TO (getvariable('output_path')) (FORMAT parquet, COMPRESSION getvariable('compression'));
