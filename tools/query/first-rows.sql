-- As many rows of a person's query as a table shows, and one more where there are more.
SELECT * FROM (:query
) AS answer
LIMIT getvariable('max_rows');
