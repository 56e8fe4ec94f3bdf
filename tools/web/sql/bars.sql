-- Bars of one symbol. :view is bars_live or one of its rollups; :extra adds what only one of them lacks,
-- :order is which end comes first.
-- In: exchange, symbol, from_day, to_day (inclusive), from_us, to_us (exclusive), row_limit.
SELECT *:extra
FROM :view
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
  AND window_start >= make_timestamptz(getvariable('from_us'))
  AND window_start < make_timestamptz(getvariable('to_us'))
ORDER BY window_start :order
LIMIT getvariable('row_limit')
