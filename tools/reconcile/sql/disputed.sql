-- The seconds of which the archive says what our bars do not, or says it twice: those to ask REST for.
-- Stretches of up to a minute between them are asked for, too.
WITH disputed AS (
    SELECT second FROM findings
    UNION
    SELECT second FROM klines GROUP BY second HAVING count(*) > 1
),
marked AS (
    SELECT second, second - lag(second, 1, second) OVER (ORDER BY second) > 60 AS is_first
    FROM disputed
),
grouped AS (SELECT second, count(*) FILTER (is_first) OVER (ORDER BY second) AS stretch FROM marked)
SELECT min(second) AS from_second, max(second) + 1 AS to_second
FROM grouped
GROUP BY stretch
ORDER BY from_second;
