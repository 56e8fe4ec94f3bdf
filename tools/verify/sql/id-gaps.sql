-- Ranges of ids that lie between the day's trades and have no trade.
SELECT previous_id + 1 AS missing_from, trade_id - 1 AS missing_to
FROM (SELECT trade_id, lag(trade_id) OVER (ORDER BY trade_id) AS previous_id FROM stored_trades)
WHERE trade_id > previous_id + 1
ORDER BY missing_from;
