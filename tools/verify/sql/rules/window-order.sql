-- Windows begin at whole seconds of the day, each once, in ascending order.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       CASE
           WHEN window_start < make_timestamptz(getvariable('day_from') * 1000000)
             OR window_start >= make_timestamptz(getvariable('day_to') * 1000000)
               THEN 'is not of this day'
           WHEN epoch_us(window_start) % 1000000 <> 0 THEN 'is no whole second'
           ELSE 'comes after ' || previous::VARCHAR
       END AS detail,
       -file_row_number AS weight
FROM (SELECT *, lag(window_start) OVER (ORDER BY file_row_number) AS previous FROM stored_bars)
WHERE window_start < make_timestamptz(getvariable('day_from') * 1000000)
   OR window_start >= make_timestamptz(getvariable('day_to') * 1000000)
   OR epoch_us(window_start) % 1000000 <> 0
   OR window_start <= previous;
