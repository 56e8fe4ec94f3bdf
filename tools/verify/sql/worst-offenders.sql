-- The rows that break the rule loaded last, the worst first, and how many there are.
SELECT place, detail, count(*) OVER () AS offenders
FROM offenders
ORDER BY weight DESC NULLS FIRST, place
LIMIT 5;
