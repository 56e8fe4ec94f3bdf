-- The days of the range, as days since the epoch, and how many bars and new trade lines each has.
SELECT day, sum(bars)::BIGINT AS bars, sum(trade_lines)::BIGINT AS trade_lines
FROM (
    SELECT epoch_us(window_start) // 86400000000 AS day, 1 AS bars, 0 AS trade_lines FROM range_bars
    UNION ALL
    SELECT day, 0, trade_lines FROM new_trade_days
    UNION ALL
    SELECT second // 86400, 0, 0 FROM new_quote_seconds
)
GROUP BY day
ORDER BY day;
