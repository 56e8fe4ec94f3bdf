COPY (
    SELECT getvariable('exchange') AS exchange, getvariable('symbol') AS symbol,
           make_timestamptz(second * 1000000) AS window_start,
           column_name, ours, theirs, kind, state, checked_at
    FROM recorded
    ORDER BY second, column_name, kind, state
) TO (getvariable('output_path')) (
    FORMAT parquet, COMPRESSION getvariable('compression'), DICTIONARY_SIZE_LIMIT 0
);
