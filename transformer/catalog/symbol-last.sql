SELECT *, 1 AS seconds
FROM seconds
ORDER BY window_start :order
LIMIT getvariable('row_limit')
