-- The last best bid and ask of one symbol since from_us, and the end of the second they were the last of.
-- In: exchange, symbol, from_us.
SELECT bid, bid_qty, ask, ask_qty, window_start + INTERVAL '1 second' AS time
FROM bars_live
WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
  AND window_start >= make_timestamptz(getvariable('from_us'))
  AND bid IS NOT NULL
ORDER BY window_start DESC
LIMIT 1
