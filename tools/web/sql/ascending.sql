-- The last rows of a symbol, which :query gives from the newest on, ascending by :column.
SELECT * FROM (:query
)
ORDER BY :column
