-- The rows that break the rule loaded last, the worst first, and how many there are.
WITH broken AS MATERIALIZED (FROM offenders)
SELECT place, detail, (SELECT count(*) FROM broken) AS offenders
FROM broken
ORDER BY weight DESC NULLS FIRST, place
LIMIT 5;
