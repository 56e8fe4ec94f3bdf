-- The views of the lake, by name.
SELECT view_name AS name FROM duckdb_views() WHERE NOT internal ORDER BY name;
