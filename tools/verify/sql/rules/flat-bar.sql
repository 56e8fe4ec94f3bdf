-- A second without trades carries the close of the row before.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       format('open {} high {} low {} close {} after a close of {}', open, high, low, close, previous)
           AS detail,
       abs(close - previous) AS weight
FROM (SELECT *, lag(close) OVER (ORDER BY window_start) AS previous FROM stored_bars)
WHERE trade_count = 0 AND NOT (open = close AND high = close AND low = close
                               AND close = coalesce(previous, close));
