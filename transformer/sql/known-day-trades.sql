CREATE OR REPLACE TEMP VIEW known_day_trades AS FROM read_parquet(getvariable('known_path'), hive_partitioning = false);
