-- The query as a syntax tree. In: getvariable('query'). Out: JSON; an error in it where it is no SELECT.
SELECT json_serialize_sql(getvariable('query')) AS tree;
