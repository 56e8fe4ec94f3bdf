-- What is missing in a span. A stretch is of the day of its end, so it can begin long before that. Where the time of
-- missing trades is not known, their day is. The symbol is compared as it is: through a function DuckDB would read the bars
-- of every symbol that misses trades.
-- In: exchange, symbol (NULL: all), from_day, to_day (inclusive), from_us, to_us (exclusive), row_limit.
SELECT *
FROM gaps
WHERE (getvariable('exchange') IS NULL OR exchange = getvariable('exchange'))
  AND (getvariable('symbol') IS NULL OR symbol = getvariable('symbol'))
  AND day >= getvariable('from_day')::DATE
  AND coalesce(from_time < make_timestamptz(getvariable('to_us')), day <= getvariable('to_day')::DATE)
  AND coalesce(to_time > make_timestamptz(getvariable('from_us')), true)
ORDER BY exchange, symbol, day, kind, from_time, first_trade_id
LIMIT getvariable('row_limit')
