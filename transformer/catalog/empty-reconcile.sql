-- A file without a row, for a lake that has none yet.
COPY (
    SELECT NULL::VARCHAR AS exchange, NULL::VARCHAR AS symbol, NULL::TIMESTAMPTZ AS window_start,
           NULL::VARCHAR AS column_name, NULL::DOUBLE AS ours, NULL::DOUBLE AS theirs,
           NULL::VARCHAR AS kind, NULL::VARCHAR AS state, NULL::TIMESTAMPTZ AS checked_at
    LIMIT 0
) TO (getvariable('output_path')) (FORMAT parquet);
