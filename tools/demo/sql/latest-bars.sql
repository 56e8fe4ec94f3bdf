-- The last whole second of which every symbol has a bar, one row per symbol.
SELECT symbol, window_start, open, high, low, close, volume_base, trade_count, bid, ask
FROM bars_1s
WHERE window_start = (SELECT min(latest) FROM (SELECT max(window_start) AS latest FROM bars_1s GROUP BY symbol))
ORDER BY symbol;
