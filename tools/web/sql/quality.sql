-- How complete each day is. In: exchange, symbol (NULL: all), from_day, to_day (inclusive), row_limit.
SELECT *
FROM quality
WHERE coalesce(exchange = getvariable('exchange'), true) AND coalesce(symbol = getvariable('symbol'), true)
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
ORDER BY day, exchange, symbol
LIMIT getvariable('row_limit')
