-- The quote seconds of the range, new ones in place of known ones, and the last one before it, whose
-- quote still stands when the range begins.
CREATE OR REPLACE TEMP TABLE range_quote_seconds AS
WITH merged AS (
    SELECT * FROM known_quote_seconds
    WHERE second NOT IN (SELECT second FROM new_quote_seconds)
    UNION ALL
    SELECT * FROM new_quote_seconds
)
SELECT * FROM merged
WHERE second < getvariable('range_to')
  AND second >= coalesce(
      (SELECT max(second) FROM merged WHERE second <= getvariable('range_from')),
      getvariable('range_from')
  );
