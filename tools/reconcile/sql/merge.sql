-- What is known of the day after the comparison of the spans: what was found, what was found before and
-- is found no more, and what lies outside. What the archive has wrong, only the archive can take back;
-- a kline that was found wrong is wrong for as long as our bar is what it was.
CREATE OR REPLACE TEMP TABLE recorded AS
WITH inside AS (
    FROM recorded
    WHERE EXISTS (FROM spans WHERE second >= from_second AND second < to_second)
),
wrong_klines AS (
    SELECT inside.*
    FROM inside
    JOIN findings ON findings.second = inside.second
        AND findings.column_name = inside.column_name
        AND findings.ours IS NOT DISTINCT FROM inside.ours
    WHERE inside.kind = 'kline_defect'
)
SELECT * FROM recorded
WHERE NOT EXISTS (FROM spans WHERE second >= from_second AND second < to_second)
UNION ALL
FROM wrong_klines
UNION ALL
SELECT second, column_name, ours, theirs, kind,
       CASE WHEN kind IN ('difference', 'missing_here', 'missing_there') THEN 'unresolved'
            ELSE 'defect' END,
       make_timestamptz(getvariable('checked_us'))
FROM findings
ANTI JOIN wrong_klines USING (second, column_name)
UNION ALL
SELECT second, column_name, ours, theirs, kind,
       CASE WHEN state = 'unresolved' THEN 'resolved' ELSE state END,
       CASE WHEN state = 'unresolved' THEN make_timestamptz(getvariable('checked_us')) ELSE checked_at END
FROM inside
WHERE NOT EXISTS (
    FROM findings
    WHERE findings.second = inside.second
      AND findings.column_name = inside.column_name AND findings.kind = inside.kind
)
  AND (state IN ('unresolved', 'resolved')
       OR (kind LIKE 'archive%' AND getvariable('source') <> 'archive'));
