-- How many of a day's bars stay as they are: those outside the range.
SELECT count(*) AS bars
FROM read_parquet(getvariable('known_path'), hive_partitioning = false)
WHERE window_start < second_start(getvariable('range_from'))
   OR window_start >= second_start(getvariable('range_to'));
