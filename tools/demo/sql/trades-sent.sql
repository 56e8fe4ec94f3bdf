-- The trades from the first one that was sent on, one row per symbol. {first_ids} has its id by symbol.
SELECT
  symbol,
  count(*)::BIGINT AS trades,
  min(trade_id) AS first_id,
  max(trade_id) AS last_id
FROM trades
WHERE trade_id >= ('{first_ids}'::JSON ->> symbol)::BIGINT
GROUP BY symbol;
