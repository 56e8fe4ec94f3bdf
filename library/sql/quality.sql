-- How complete the days of the lake are. In: variables exchange, symbol (NULL for any), from_day, to_day.
SELECT exchange, symbol, day::VARCHAR AS day, completeness_percent AS "completenessPercent",
       seconds_expected AS "secondsExpected", seconds_covered AS "secondsCovered",
       seconds_missing AS "secondsMissing",
       coalesce(trades, 0) AS trades, trades_missing AS "tradesMissing",
       first_trade_id AS "firstTradeId", last_trade_id AS "lastTradeId",
       trades_filled AS "tradesFilled", duplicates_removed AS "duplicatesRemoved",
       lines_quarantined AS "linesQuarantined", bars, revision
FROM quality
WHERE exchange = coalesce(getvariable('exchange')::VARCHAR, exchange)
  AND symbol = coalesce(getvariable('symbol')::VARCHAR, symbol)
  AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
ORDER BY exchange, symbol, day;
