CREATE VIEW reconcile AS FROM read_parquet(:pattern, hive_partitioning = false, union_by_name = true);
