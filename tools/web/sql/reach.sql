-- How many rows a query gives, and when the first of them is. :column holds the time of a row.
SELECT count(*) AS rows, epoch_us(min(:column)) AS first_us
FROM (:query
)
