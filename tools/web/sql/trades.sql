-- Trades of one symbol, by id; :order is which end comes first. In: exchange, symbol, from_day, to_day (inclusive), from_us, to_us (exclusive), row_limit.
SELECT *
FROM trades_live
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
  AND trade_time >= make_timestamptz(getvariable('from_us'))
  AND trade_time < make_timestamptz(getvariable('to_us'))
ORDER BY trade_id :order
LIMIT getvariable('row_limit')
