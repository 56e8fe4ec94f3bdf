-- low <= open, close <= high.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       format('open {} high {} low {} close {}', open, high, low, close) AS detail,
       greatest(low - least(open, close), greatest(open, close) - high) AS weight
FROM stored_bars
WHERE (low <= open AND low <= close AND open <= high AND close <= high) IS NOT TRUE;
