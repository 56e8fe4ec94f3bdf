-- The state of the day: seconds compared are those that both have, of all spans compared so far.
SELECT (SELECT count(*) FROM bars
        WHERE EXISTS (FROM spans WHERE second >= from_second AND second < to_second)
          AND NOT EXISTS (FROM recorded
                          WHERE recorded.second = bars.second AND state <> 'resolved'
                            AND kind IN ('missing_there', 'maintenance'))) AS seconds_compared,
       count(*) FILTER (kind = 'difference' AND state = 'unresolved') AS differences,
       count(*) FILTER (kind = 'missing_here' AND state = 'unresolved') AS missing_here,
       count(*) FILTER (kind = 'missing_there' AND state = 'unresolved') AS missing_there,
       count(*) FILTER (state = 'defect') AS defects,
       count(*) FILTER (state = 'resolved') AS resolved,
       count(*) AS recorded
FROM recorded;
