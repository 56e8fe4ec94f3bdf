-- The latest bar of every symbol.
SELECT symbol, window_start, open, high, low, close, volume_base, trade_count, bid, ask
FROM bars_1s
QUALIFY row_number() OVER (PARTITION BY symbol ORDER BY window_start DESC) = 1
ORDER BY symbol;
