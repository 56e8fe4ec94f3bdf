-- The trades of the day under test, in the order in which the file holds them.
CREATE OR REPLACE TEMP VIEW stored_trades AS
FROM read_parquet(getvariable('trades_path'), hive_partitioning = false, file_row_number = true);
