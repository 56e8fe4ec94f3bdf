-- Runs of consecutive seconds in which the stored and the derived file do not have the same rows.
-- getvariable('place_column') names the column with their time.
WITH stored AS (
    SELECT COLUMNS(name -> name = getvariable('place_column')) AS time, * FROM read_parquet(getvariable('stored_path'), hive_partitioning = false)
),
derived AS (
    SELECT COLUMNS(name -> name = getvariable('place_column')) AS time, * FROM read_parquet(getvariable('derived_path'), hive_partitioning = false)
),
seconds AS (
    SELECT DISTINCT epoch_us(time) // 1000000 AS second
    FROM (
        (FROM stored EXCEPT ALL FROM derived)
        UNION ALL
        (FROM derived EXCEPT ALL FROM stored)
    )
)
SELECT min(second) AS run_from, max(second) AS run_to
FROM (SELECT second, second - row_number() OVER (ORDER BY second) AS run FROM seconds)
GROUP BY run
ORDER BY run_from;
