-- A known second of the range that has no bar any more becomes a row of NULLs, which hides the known one.
INSERT INTO tail_bars BY NAME
SELECT DISTINCT getvariable('exchange') AS exchange, getvariable('symbol') AS symbol, window_start
FROM read_parquet(getvariable('bar_paths'), hive_partitioning = false)
WHERE window_start >= second_start(getvariable('range_from'))
  AND window_start < second_start(getvariable('range_to'))
  AND window_start NOT IN (SELECT window_start FROM range_bars);
