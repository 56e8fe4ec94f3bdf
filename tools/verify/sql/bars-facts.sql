-- What the day's bars are, counted from the file: to be held against what the manifest says.
WITH runs AS (
    SELECT min(second) AS run_from, max(second) AS run_to
    FROM (
        SELECT second, second - dense_rank() OVER (ORDER BY second) AS run
        FROM (SELECT DISTINCT epoch_us(window_start) // 1000000 AS second FROM stored_bars)
    )
    GROUP BY run
)
SELECT (SELECT count(*) FROM stored_bars) AS rows,
       min(run_from) AS first_second,
       max(run_to) AS last_second,
       list(run_from ORDER BY run_from) AS runs_from,
       list(run_to ORDER BY run_from) AS runs_to
FROM runs;
