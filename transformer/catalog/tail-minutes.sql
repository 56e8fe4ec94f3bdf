-- The minutes of which the tail of one symbol has a second. In: empty_path, sealed_path, open_path.
SELECT DISTINCT epoch_us(window_start) // 60000000 AS minute
FROM read_parquet([getvariable('empty_path'), getvariable('sealed_path'), getvariable('open_path')])
