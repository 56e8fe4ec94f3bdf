-- The minutes of which the tail of one symbol has a second. In: sealed_paths, open_paths.
SELECT DISTINCT epoch_us(window_start) // 60000000 AS minute
FROM (
    SELECT window_start FROM read_parquet(getvariable('sealed_paths'))
    UNION ALL
    SELECT window_start FROM read_parquet(getvariable('open_paths'))
)
