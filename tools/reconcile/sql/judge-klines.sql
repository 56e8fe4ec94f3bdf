-- Where the exchange's own trades are as many as ours and not as many as its kline says, or where it has
-- no kline of them, it is the kline that is wrong.
UPDATE recorded
SET kind = 'kline_defect', state = 'defect'
WHERE state = 'unresolved' AND second IN (
    SELECT counted.second
    FROM (
        SELECT unnest(getvariable('counted_seconds')) AS second,
               unnest(getvariable('counted_trades')) AS trades
    ) AS counted
    JOIN bars ON bars.second = counted.second AND bars.trade_count = counted.trades
    LEFT JOIN klines ON klines.second = counted.second
    WHERE klines.trade_count IS DISTINCT FROM counted.trades
);
