-- When the last bar of each file is, by its statistics; NULL where it has none. In: paths.
SELECT max(epoch_us(try_cast(stats_max_value AS TIMESTAMPTZ))) AS last_us
FROM parquet_metadata(getvariable('paths'))
WHERE path_in_schema = 'window_start'
GROUP BY file_name
