-- No second called complete lies where a trade id is missing.
CREATE OR REPLACE TEMP VIEW offenders AS
WITH gaps AS (
    SELECT least(previous_second, second) AS from_second, greatest(previous_second, second) AS to_second,
           previous_id
    FROM (
        SELECT trade_id, epoch_us(trade_time) // 1000000 AS second,
               lag(trade_id) OVER (ORDER BY trade_id) AS previous_id,
               lag(epoch_us(trade_time) // 1000000) OVER (ORDER BY trade_id) AS previous_second
        FROM stored_trades
    )
    WHERE trade_id > previous_id + 1
)
SELECT window_start::VARCHAR AS place, 'ids are missing after ' || min(previous_id) AS detail,
       -epoch(window_start) AS weight
FROM stored_bars
JOIN gaps ON epoch_us(window_start) // 1000000 BETWEEN from_second AND to_second
WHERE complete
GROUP BY window_start;
