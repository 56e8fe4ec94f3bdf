-- What is missing. Of missing trades only the day is known.
-- In: exchange, symbol (NULL: all), from_day, to_day (inclusive), from_us, to_us (exclusive), row_limit.
SELECT *
FROM gaps
WHERE coalesce(exchange = getvariable('exchange'), true) AND coalesce(symbol = getvariable('symbol'), true)
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
  AND (from_time IS NULL OR from_time < make_timestamptz(getvariable('to_us')) AND to_time > make_timestamptz(getvariable('from_us')))
ORDER BY exchange, symbol, day, kind, from_time, first_trade_id
LIMIT getvariable('row_limit')
