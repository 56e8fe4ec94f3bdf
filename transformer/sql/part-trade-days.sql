-- The days of the trades of each part, as days since the epoch. In: frames. Out: a row per part and day.
SELECT DISTINCT part, trade_us // 86400000000 AS day
FROM frames
WHERE kind = 'trade'
ORDER BY part, day;
