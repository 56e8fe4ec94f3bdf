-- Table functions, as a plan names them, that may do more than read. What is not known to read is taken to act, so a
-- function that comes with another version is refused until it is named here.
SELECT DISTINCT upper(function_name) AS name
FROM duckdb_functions()
WHERE function_type = 'table'
  AND function_name NOT IN (
    'duckdb_approx_database_count', 'duckdb_columns', 'duckdb_constraints', 'duckdb_databases',
    'duckdb_dependencies', 'duckdb_functions', 'duckdb_indexes', 'duckdb_keywords', 'duckdb_memory',
    'duckdb_optimizers', 'duckdb_schemas', 'duckdb_sequences', 'duckdb_settings', 'duckdb_tables',
    'duckdb_temporary_files', 'duckdb_types', 'duckdb_variables', 'duckdb_views',
    'generate_series', 'glob', 'icu_calendar_names', 'json_each', 'json_tree',
    'parquet_bloom_probe', 'parquet_file_metadata', 'parquet_full_metadata',
    'parquet_kv_metadata', 'parquet_metadata', 'parquet_scan', 'parquet_schema',
    'pg_timezone_names', 'pragma_collations', 'pragma_database_size', 'pragma_platform',
    'pragma_show', 'pragma_table_info', 'pragma_user_agent', 'pragma_version',
    'query', 'query_table', 'range', 'read_blob', 'read_csv', 'read_csv_auto', 'read_json',
    'read_json_auto', 'read_json_objects', 'read_json_objects_auto', 'read_ndjson',
    'read_ndjson_auto', 'read_ndjson_objects', 'read_parquet', 'read_text', 'repeat',
    'repeat_row', 'seq_scan', 'sniff_csv', 'sql_auto_complete', 'summary', 'unnest'
  );
