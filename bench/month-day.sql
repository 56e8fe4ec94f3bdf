-- What the manifest of a day that was written says of its trades.
SELECT count(*) AS rows, min(first_trade_id) AS first_trade_id, max(last_trade_id) AS last_trade_id,
       max(last_trade_id) FILTER (epoch(window_start) < getvariable('day_second') + getvariable('gap_from')) AS before_gap,
       min(first_trade_id) FILTER (epoch(window_start) >= getvariable('day_second') + getvariable('gap_to')) AS after_gap
FROM read_parquet(getvariable('output_path'), hive_partitioning = false);
