-- What the manifest of a day's bars says: one row, and the runs of consecutive seconds as lists.
WITH runs AS (
    SELECT min(second) AS run_from, max(second) AS run_to
    FROM (
        SELECT epoch_us(window_start) // 1000000 AS second,
               epoch_us(window_start) // 1000000 - row_number() OVER (ORDER BY window_start) AS run
        FROM read_parquet(getvariable('output_path'))
    )
    GROUP BY run
)
SELECT sum(run_to - run_from + 1)::BIGINT AS rows,
       min(run_from) AS first_second,
       max(run_to) AS last_second,
       list(run_from ORDER BY run_from) AS runs_from,
       list(run_to ORDER BY run_from) AS runs_to
FROM runs;
