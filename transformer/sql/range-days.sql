-- The days of the range, as days since the epoch: how many bars, new trade lines and seconds with new
-- quotes each has.
SELECT day, sum(bars)::BIGINT AS bars, sum(trade_lines)::BIGINT AS trade_lines,
       sum(quote_seconds)::BIGINT AS quote_seconds
FROM (
    SELECT epoch_us(window_start) // 86400000000 AS day, 1 AS bars, 0 AS trade_lines, 0 AS quote_seconds
    FROM range_bars
    UNION ALL
    SELECT day, 0, trade_lines, 0 FROM new_trade_days
    UNION ALL
    SELECT second // 86400, 0, 0, 1
    FROM new_quote_seconds
    WHERE second >= getvariable('range_from') AND second < getvariable('range_to')
)
GROUP BY day
ORDER BY day;
