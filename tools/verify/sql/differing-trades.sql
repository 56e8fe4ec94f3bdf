-- Rows that the stored and the derived file do not share, the first five as JSON, and how many.
WITH stored_only AS (
    FROM read_parquet(getvariable('stored_path'), hive_partitioning = false)
    EXCEPT ALL
    FROM read_parquet(getvariable('derived_path'), hive_partitioning = false)
),
derived_only AS (
    FROM read_parquet(getvariable('derived_path'), hive_partitioning = false)
    EXCEPT ALL
    FROM read_parquet(getvariable('stored_path'), hive_partitioning = false)
)
SELECT trade_id::VARCHAR AS place,
       CASE WHEN stored_only.symbol IS NOT NULL THEN to_json(stored_only)::VARCHAR END AS stored,
       CASE WHEN derived_only.symbol IS NOT NULL THEN to_json(derived_only)::VARCHAR END AS derived,
       count(*) OVER () AS rows
FROM stored_only
FULL JOIN derived_only USING (trade_id)
ORDER BY trade_id
LIMIT 5;
