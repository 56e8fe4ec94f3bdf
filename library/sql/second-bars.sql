-- Bars of one second as a program gets them. In: the view; variables exchange, symbol, from_day, to_day,
-- start_us, stop_us. Whole numbers come as doubles, which hold them exactly up to 2^53.
SELECT epoch_ms(window_start)::DOUBLE AS "windowStartMs", open, high, low, close,
       volume_base AS "volumeBase", volume_quote AS "volumeQuote",
       taker_buy_base AS "takerBuyBase", taker_buy_quote AS "takerBuyQuote",
       trade_count::DOUBLE AS "tradeCount", vwap,
       first_trade_id::DOUBLE AS "firstTradeId", last_trade_id::DOUBLE AS "lastTradeId",
       bid, bid_qty AS "bidQty", ask, ask_qty AS "askQty", spread,
       quote_count::DOUBLE AS "quoteCount", backfilled::DOUBLE AS backfilled,
       1::DOUBLE AS seconds, complete,
       spread_mean AS "spreadMean", latency_p50_ms AS "latencyP50Ms", latency_max_ms AS "latencyMaxMs"
FROM :view
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
  AND window_start >= make_timestamptz(getvariable('start_us')::BIGINT)
  AND window_start < make_timestamptz(getvariable('stop_us')::BIGINT)
ORDER BY window_start;
