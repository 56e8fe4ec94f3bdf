-- The first known second with quotes after the change.
SELECT min(second) AS second
FROM known_quote_seconds
WHERE second > getvariable('change_to');
