CREATE OR REPLACE TEMP VIEW known_bars AS FROM read_parquet(getvariable('known_path'), hive_partitioning = false);
