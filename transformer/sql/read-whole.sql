-- Reads every value of the Parquet file getvariable('path'); fails where it cannot be read.
SELECT bit_xor(hash(stored)) AS digest
FROM read_parquet(getvariable('path'), hive_partitioning = false) AS stored;
