-- The seconds of each day in which the new trades and quotes lie.
SELECT 'trades' AS what, min(trade_us) // 1000000 AS first_second, max(trade_us) // 1000000 AS last_second
FROM new_trades
GROUP BY trade_us // 86400000000
UNION ALL
SELECT 'quotes', min(second), max(second)
FROM new_quote_seconds
GROUP BY second // 86400;
