-- What the catalog is made of: views and macros by name, with what they are made of.
SELECT view_name AS name, sql AS definition FROM duckdb_views() WHERE NOT internal
UNION ALL
SELECT function_name, macro_definition FROM duckdb_functions() WHERE macro_definition IS NOT NULL AND NOT internal;
