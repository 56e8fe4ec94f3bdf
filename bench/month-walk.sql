-- A day of one symbol's market, second by second: how many trades, and the price before and after them. It ends
-- where it began, so that days follow each other without a jump. `rotation` is the second of it the day begins with.
CREATE OR REPLACE TEMP TABLE steps AS
SELECT second,
       -- Nobody trades in a third of the seconds.
       CASE WHEN hash(second) % 3 = 0 THEN 0 ELSE 1 + hash(second, 'trades') % 17 END::INTEGER AS trade_count,
       CASE WHEN hash(second) % 3 = 0 THEN 0 ELSE (hash(second, 'step') % 20001)::DOUBLE / 1e8 - 0.0001 END AS step
FROM range(86400) AS seconds(second);

CREATE OR REPLACE TEMP TABLE walk AS
WITH drift AS (SELECT sum(step) / count(*) FILTER (trade_count > 0) AS of_step FROM steps),
levels AS (
    SELECT second, trade_count,
           1 + sum(CASE WHEN trade_count > 0 THEN step - of_step ELSE 0 END) OVER (ORDER BY second) AS level
    FROM steps, drift
),
rotated AS (
    SELECT (second - getvariable('rotation') + 86400) % 86400 AS second, trade_count,
           round(level * getvariable('price'), 2) AS close
    FROM levels
)
SELECT second, trade_count, close,
       coalesce(lag(close) OVER (ORDER BY second), close) AS previous,
       sum(trade_count) OVER (ORDER BY second) AS trades_so_far
FROM rotated
ORDER BY second;
