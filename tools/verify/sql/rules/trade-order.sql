-- Trades in ascending order of their ids, each id once, all of this day.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT 'trade ' || trade_id AS place,
       CASE WHEN trade_id <= previous_id THEN 'comes after ' || previous_id
            ELSE 'is of ' || trade_time::VARCHAR END AS detail,
       -file_row_number AS weight
FROM (
    SELECT trade_id, trade_time, file_row_number,
           lag(trade_id) OVER (ORDER BY file_row_number) AS previous_id
    FROM stored_trades
)
WHERE trade_id <= previous_id
   OR trade_time < make_timestamptz(getvariable('day_from') * 1000000)
   OR trade_time >= make_timestamptz(getvariable('day_to') * 1000000);
