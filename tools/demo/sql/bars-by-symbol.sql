-- What the demo has made, one row per symbol.
SELECT
  symbol,
  count(*) AS bars,
  count(*) FILTER (complete) AS complete,
  min(window_start) AS first_second,
  max(window_start) AS last_second,
  sum(trade_count) AS trades,
  last(close ORDER BY window_start) AS close,
  round(sum(volume_quote), 2) AS volume_quote
FROM bars_1s
GROUP BY symbol
ORDER BY symbol;
