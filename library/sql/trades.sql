-- Trades of an instrument as a program gets them. In: the view; variables exchange, symbol, from_day, to_day,
-- start_us, stop_us. Ids and microseconds come as doubles, which hold them exactly up to 2^53.
SELECT trade_id::DOUBLE AS "tradeId", price, quantity, quote_quantity AS "quoteQuantity",
       buyer_is_maker AS "buyerIsMaker", epoch_us(trade_time)::DOUBLE AS "tradeTimeUs",
       epoch_us(recv_time)::DOUBLE AS "recvTimeUs", source
FROM :view
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
  AND trade_time >= make_timestamptz(getvariable('start_us')::BIGINT)
  AND trade_time < make_timestamptz(getvariable('stop_us')::BIGINT)
ORDER BY trade_time, trade_id;
