-- Whether a file lacks columns that files have today, as those of version 0.1 do.
SELECT bool_or(columns < (SELECT count(*) FROM parquet_schema(getvariable('whole')))) AS is_mixed
FROM (SELECT count(*) AS columns FROM parquet_schema(getvariable('pattern')) GROUP BY file_name);
