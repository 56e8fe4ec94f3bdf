-- What can be named in a query, for completion. `owner` is the view a column is of.
SELECT 'view' AS kind, view_name AS name, NULL AS owner FROM duckdb_views() WHERE NOT internal
UNION ALL
SELECT 'column', column_name, table_name FROM duckdb_columns() WHERE NOT internal
UNION ALL
SELECT DISTINCT function_type, function_name, NULL
FROM duckdb_functions() WHERE NOT internal AND function_type IN ('macro', 'table_macro')
UNION ALL
SELECT 'keyword', keyword_name, NULL FROM duckdb_keywords()
WHERE keyword_category IN ('reserved', 'type_function') AND keyword_name <> 'window'
  OR keyword_name IN (
    'by', 'over', 'partition', 'filter', 'exclude', 'replace', 'rename', 'interval', 'recursive',
    'explain', 'analyze', 'values', 'exists', 'between', 'coalesce', 'first', 'last', 'nulls'
  );
