SELECT second, column_name, ours, theirs, kind
FROM recorded
WHERE state = 'unresolved'
ORDER BY second, column_name, kind
LIMIT 20;
