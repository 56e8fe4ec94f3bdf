-- In which seconds the rows that are compared differ: runs of seconds with rows, and whether trades filled
-- in afterwards changed any up to getvariable('published_through').
WITH placed AS (
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
