-- What the day's trades are, counted from the file: to be held against what the manifest says.
SELECT count(*) AS rows,
       epoch_us(min(trade_time)) // 1000000 AS first_second,
       epoch_us(max(trade_time)) // 1000000 AS last_second,
       min(trade_id) AS first_trade_id,
       max(trade_id) AS last_trade_id,
       count(*) FILTER (source <> 'live') AS trades_filled
FROM stored_trades;
