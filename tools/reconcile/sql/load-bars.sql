-- Our bars of the day.
CREATE OR REPLACE TEMP TABLE bars AS
SELECT epoch_us(window_start) // 1000000 AS second,
       open, high, low, close, volume_base, volume_quote, taker_buy_base, taker_buy_quote, trade_count
FROM read_parquet(getvariable('bars_path'), hive_partitioning = false);
