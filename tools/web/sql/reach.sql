-- How many rows a query gives, and when the first of them is, by the column of their time.
SELECT count(*) AS rows, epoch_us(min(:column)) AS first_us
FROM (:query
)
