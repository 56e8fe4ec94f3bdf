-- No difference was found yet: the same columns, no row.
CREATE VIEW reconcile AS
SELECT NULL::VARCHAR AS exchange, NULL::VARCHAR AS symbol, NULL::TIMESTAMPTZ AS window_start,
       NULL::VARCHAR AS column_name, NULL::DOUBLE AS ours, NULL::DOUBLE AS theirs,
       NULL::VARCHAR AS kind, NULL::VARCHAR AS state, NULL::TIMESTAMPTZ AS checked_at
WHERE false;
