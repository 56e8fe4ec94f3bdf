-- Views, their columns and the macros of a catalog, with their comments.
SELECT 'view' AS kind, views.view_name AS name, views.comment AS about, column_index AS position,
       column_name, data_type, columns.comment AS column_about, NULL AS parameters
FROM duckdb_views() AS views
JOIN duckdb_columns() AS columns ON columns.table_name = views.view_name
WHERE NOT views.internal
UNION ALL
SELECT function_type, function_name, comment, NULL, NULL, NULL, NULL, array_to_string(parameters, ', ')
FROM duckdb_functions()
WHERE NOT internal
ORDER BY kind, name, position;
