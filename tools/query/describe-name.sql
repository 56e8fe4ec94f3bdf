-- The columns of a view, or the parameters of a macro. In: getvariable('name').
SELECT column_name AS name, data_type AS type, comment
FROM duckdb_columns() WHERE NOT internal AND table_name = lower(getvariable('name'))
UNION ALL
SELECT function_name || '(' || array_to_string(parameters, ', ') || ')', function_type, comment
FROM duckdb_functions() WHERE NOT internal AND function_name = lower(getvariable('name'));
