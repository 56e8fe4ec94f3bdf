-- In which seconds the bars of one day that stood and those of now differ: runs of rows, and whether
-- trades filled in afterwards changed any up to getvariable('published_through').
WITH compared AS (
    SELECT coalesce(epoch_us(now_bar.window_start), epoch_us(old_bar.window_start)) // 1000000 AS second,
           hash(now_bar) IS DISTINCT FROM hash(old_bar) AS differs,
           coalesce(now_bar.backfilled, 0) > coalesce(old_bar.backfilled, 0) AS filled
    FROM (
        SELECT * FROM range_bars
        WHERE window_start >= second_start(getvariable('day_from'))
          AND window_start < second_start(getvariable('day_to'))
    ) AS now_bar
    FULL JOIN (
        SELECT * FROM known_bars
        WHERE window_start >= second_start(getvariable('compare_from'))
          AND window_start < second_start(getvariable('compare_to'))
    ) AS old_bar USING (window_start)
),
placed AS (
    SELECT second, differs, row_number() OVER (ORDER BY second) AS place FROM compared
),
runs AS (
    SELECT min(second) AS run_from, max(second) AS run_to
    FROM (
        SELECT second, place - row_number() OVER (ORDER BY second) AS run FROM placed WHERE differs
    )
    GROUP BY run
)
SELECT list(run_from ORDER BY run_from) AS runs_from,
       list(run_to ORDER BY run_from) AS runs_to,
       (SELECT coalesce(bool_or(filled), false) FROM compared
        WHERE second <= getvariable('published_through')) AS filled
FROM runs;
