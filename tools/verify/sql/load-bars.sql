-- The bars of the day under test, in the order in which the file holds them.
CREATE OR REPLACE TEMP TABLE stored_bars AS
FROM read_parquet(getvariable('bars_path'), hive_partitioning = false, file_row_number = true);
