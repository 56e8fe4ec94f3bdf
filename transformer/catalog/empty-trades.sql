-- A file without a row, for a lake that has none yet.
COPY (
    SELECT NULL::VARCHAR AS exchange, NULL::VARCHAR AS symbol, NULL::BIGINT AS trade_id,
           NULL::DOUBLE AS price, NULL::DOUBLE AS quantity, NULL::DOUBLE AS quote_quantity,
           NULL::BOOLEAN AS buyer_is_maker, NULL::TIMESTAMPTZ AS trade_time,
           NULL::TIMESTAMPTZ AS recv_time, NULL::VARCHAR AS source, NULL::TIMESTAMPTZ AS event_time,
           NULL::VARCHAR AS price_text, NULL::VARCHAR AS quantity_text
    LIMIT 0
) TO (getvariable('output_path')) (FORMAT parquet);
