-- The trades that were recorded since {since}, one row per symbol.
SELECT
  symbol,
  count(*)::BIGINT AS trades,
  min(trade_id) AS first_id,
  max(trade_id) AS last_id
FROM trades
WHERE trade_time >= TIMESTAMPTZ '{since}'
GROUP BY symbol;
