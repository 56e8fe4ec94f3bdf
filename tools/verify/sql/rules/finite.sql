-- No NaN and no infinity in any column.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place, column_name || ' is ' || value AS detail,
       -epoch(window_start) AS weight
FROM (
    UNPIVOT (SELECT window_start, COLUMNS(lambda c: c NOT IN ('window_start'))::VARCHAR FROM stored_bars)
    ON COLUMNS(* EXCLUDE (window_start)) INTO NAME column_name VALUE value
)
WHERE value IN ('nan', 'inf', '-inf');
