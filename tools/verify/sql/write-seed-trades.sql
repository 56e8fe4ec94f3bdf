-- The end or the beginning of a neighbouring day's trades, for a day to be derived between them.
COPY (
    FROM read_parquet(getvariable('seed_path'), hive_partitioning = false)
    WHERE trade_time >= make_timestamptz(getvariable('seed_from') * 1000000)
      AND trade_time < make_timestamptz(getvariable('seed_to') * 1000000)
    ORDER BY trade_id
) TO (getvariable('output_path')) (FORMAT parquet);
