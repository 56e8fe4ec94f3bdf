-- What the exchange has wrong, by kind, in runs of seconds.
WITH marked AS (
    SELECT kind, second,
           second - lag(second, 1, second - 1) OVER (PARTITION BY kind ORDER BY second) > 1 AS is_first
    FROM recorded
    WHERE state = 'defect'
),
grouped AS (
    SELECT kind, second, count(*) FILTER (is_first) OVER (PARTITION BY kind ORDER BY second) AS stretch
    FROM marked
)
SELECT kind, min(second) AS first_second, max(second) AS last_second
FROM grouped
GROUP BY kind, stretch
ORDER BY first_second, kind
LIMIT 20;
