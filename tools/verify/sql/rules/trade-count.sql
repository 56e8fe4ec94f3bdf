-- As many trades as lie between the first and the last id, or fewer; ids and vwap only where there are
-- trades; the mean price between low and high.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       format('{} trades, ids {} to {}, vwap {}', trade_count, first_trade_id, last_trade_id, vwap)
           AS detail,
       trade_count AS weight
FROM stored_bars
WHERE (trade_count > 0) <> (first_trade_id IS NOT NULL)
   OR (trade_count > 0) <> (last_trade_id IS NOT NULL)
   OR (trade_count > 0) <> (vwap IS NOT NULL)
   OR trade_count > last_trade_id - first_trade_id + 1
   OR vwap < low OR vwap > high;
