-- The views and macros of the lake, each with what it is.
SELECT view_name AS name, comment FROM duckdb_views() WHERE NOT internal
UNION ALL
SELECT DISTINCT function_name || '(' || array_to_string(parameters, ', ') || ')', comment
FROM duckdb_functions() WHERE NOT internal AND function_type IN ('macro', 'table_macro')
ORDER BY name;
