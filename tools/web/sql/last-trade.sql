-- The last trade of one symbol since from_us. In: exchange, symbol, from_day, to_day (inclusive), from_us.
SELECT trade_id, price, quantity, buyer_is_maker, trade_time, recv_time
FROM trades_live
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
  AND trade_time >= make_timestamptz(getvariable('from_us'))
ORDER BY trade_id DESC
LIMIT 1
