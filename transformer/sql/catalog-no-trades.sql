-- No partition yet: the same columns, no row.
CREATE VIEW trades AS
SELECT NULL::VARCHAR AS exchange, NULL::VARCHAR AS symbol, NULL::BIGINT AS trade_id,
       NULL::DOUBLE AS price, NULL::DOUBLE AS quantity, NULL::DOUBLE AS quote_quantity,
       NULL::BOOLEAN AS buyer_is_maker, NULL::TIMESTAMPTZ AS trade_time,
       NULL::TIMESTAMPTZ AS recv_time, NULL::VARCHAR AS source, NULL::TIMESTAMPTZ AS event_time,
       NULL::VARCHAR AS price_text, NULL::VARCHAR AS quantity_text
WHERE false;
