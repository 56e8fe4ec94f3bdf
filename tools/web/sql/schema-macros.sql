-- The macros of the lake.
SELECT function_name AS name, parameters, comment
FROM duckdb_functions()
WHERE NOT internal AND function_type IN ('macro', 'table_macro')
ORDER BY function_name;
