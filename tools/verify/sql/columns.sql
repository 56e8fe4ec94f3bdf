-- The columns of the stored and of the derived file.
SELECT (SELECT list(column_name)
        FROM (DESCRIBE FROM read_parquet(getvariable('stored_path'), hive_partitioning = false)))
           AS stored,
       (SELECT list(column_name)
        FROM (DESCRIBE FROM read_parquet(getvariable('derived_path'), hive_partitioning = false)))
           AS derived;
