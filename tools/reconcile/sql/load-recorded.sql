INSERT INTO recorded
SELECT epoch_us(window_start) // 1000000, column_name, ours, theirs, kind, state, checked_at
FROM read_parquet(getvariable('recorded_path'), hive_partitioning = false);
