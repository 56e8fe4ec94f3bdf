-- The UTC days on which an instrument has rows. In: the view; variables exchange, symbol, from_day, to_day.
SELECT epoch_us(day::TIMESTAMP)::DOUBLE AS "dayUs", count(*)::DOUBLE AS rows
FROM :view
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
GROUP BY day
ORDER BY day;
