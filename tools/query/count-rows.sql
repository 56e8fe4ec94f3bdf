-- How many rows a person's query has.
SELECT count(*)::VARCHAR AS rows FROM (:query
) AS answer;
