-- The first rows of a query, and one more where there are more. In: max_rows.
SELECT * FROM (:query
) AS answer
LIMIT getvariable('max_rows') + 1
