-- The views of the lake, a row for each column, in order.
SELECT view_name AS view, views.comment AS view_comment, column_name AS name, data_type AS type,
       columns.comment AS comment
FROM duckdb_views() AS views
JOIN duckdb_columns() AS columns
  ON columns.database_name = views.database_name AND columns.schema_name = views.schema_name
 AND columns.table_name = view_name
WHERE NOT views.internal
ORDER BY view_name, column_index;
