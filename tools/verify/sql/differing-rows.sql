-- Rows that the stored and the derived file do not share, the first five as JSON, and how many.
-- getvariable('place_column') names the column that places a row.
WITH stored AS (
    SELECT COLUMNS(name -> name = getvariable('place_column')) AS place, rows AS stored_row
    FROM read_parquet(getvariable('stored_path'), hive_partitioning = false) AS rows
),
derived AS (
    SELECT COLUMNS(name -> name = getvariable('place_column')) AS place, rows AS derived_row
    FROM read_parquet(getvariable('derived_path'), hive_partitioning = false) AS rows
),
stored_only AS (FROM stored EXCEPT ALL FROM derived),
derived_only AS (FROM derived EXCEPT ALL FROM stored),
differing AS MATERIALIZED (
    SELECT coalesce(stored_only.place, derived_only.place) AS place, stored_row, derived_row
    FROM stored_only
    FULL JOIN derived_only USING (place)
)
SELECT place::VARCHAR AS place,
       to_json(stored_row)::VARCHAR AS stored,
       to_json(derived_row)::VARCHAR AS derived,
       (SELECT count(*) FROM differing) AS rows
FROM differing
ORDER BY differing.place
LIMIT 5;
