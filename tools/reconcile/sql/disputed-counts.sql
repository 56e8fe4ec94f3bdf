-- Seconds of which the exchange's kline gives another number of trades than we have, or none at all.
SELECT DISTINCT second
FROM recorded
WHERE state = 'unresolved' AND column_name = 'trade_count' AND kind IN ('difference', 'missing_there')
ORDER BY second
LIMIT 100;
