-- The end or the beginning of a neighbouring day's bars, for a day to be derived between them.
COPY (
    FROM read_parquet(getvariable('seed_path'), hive_partitioning = false)
    WHERE window_start >= make_timestamptz(getvariable('seed_from') * 1000000)
      AND window_start < make_timestamptz(getvariable('seed_to') * 1000000)
    ORDER BY window_start
) TO (getvariable('output_path')) (FORMAT parquet);
