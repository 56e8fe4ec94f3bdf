-- A file without a row, for a lake that has none yet.
COPY (
    SELECT NULL::VARCHAR AS exchange, NULL::VARCHAR AS symbol, NULL::TIMESTAMPTZ AS window_start,
           NULL::DOUBLE AS open, NULL::DOUBLE AS high, NULL::DOUBLE AS low, NULL::DOUBLE AS close,
           NULL::DOUBLE AS volume_base, NULL::DOUBLE AS volume_quote,
           NULL::DOUBLE AS taker_buy_base, NULL::DOUBLE AS taker_buy_quote,
           NULL::INTEGER AS trade_count, NULL::DOUBLE AS vwap,
           NULL::BIGINT AS first_trade_id, NULL::BIGINT AS last_trade_id,
           NULL::DOUBLE AS bid, NULL::DOUBLE AS bid_qty, NULL::DOUBLE AS ask, NULL::DOUBLE AS ask_qty,
           NULL::DOUBLE AS spread, NULL::INTEGER AS quote_count, NULL::DOUBLE AS spread_mean,
           NULL::DOUBLE AS latency_p50_ms, NULL::DOUBLE AS latency_max_ms,
           NULL::INTEGER AS backfilled, NULL::BOOLEAN AS complete,
           NULL::VARCHAR AS provenance, NULL::DOUBLE AS clock_offset_ms
    LIMIT 0
) TO (getvariable('output_path')) (FORMAT parquet);
