-- What is missing. In: exchange, symbol (NULL: all), from_us, to_us (exclusive), row_limit.
SELECT *
FROM gaps
WHERE coalesce(exchange = getvariable('exchange'), true) AND coalesce(symbol = getvariable('symbol'), true)
  AND from_time < make_timestamptz(getvariable('to_us'))
  AND to_time >= make_timestamptz(getvariable('from_us'))
ORDER BY exchange, symbol, from_time
LIMIT getvariable('row_limit')
