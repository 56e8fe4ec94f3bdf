-- The last rows of a symbol, found from the newest on, in ascending order of a column.
SELECT * FROM (:query
)
ORDER BY :column
