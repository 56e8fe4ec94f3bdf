-- The seconds in which one day has a bar, as it stood or as it is now: whether the two differ, and whether
-- trades were filled in.
CREATE OR REPLACE TEMP TABLE compared AS
SELECT coalesce(epoch_us(now_bar.window_start), epoch_us(old_bar.window_start)) // 1000000 AS second,
       hash(now_bar) IS DISTINCT FROM hash(old_bar) AS differs,
       coalesce(now_bar.backfilled, 0) > coalesce(old_bar.backfilled, 0) AS filled
FROM (
    SELECT * FROM range_bars
    WHERE window_start >= second_start(getvariable('day_from'))
      AND window_start < second_start(getvariable('day_to'))
) AS now_bar
FULL JOIN (
    SELECT * FROM known_bars
    WHERE window_start >= second_start(getvariable('compare_from'))
      AND window_start < second_start(getvariable('compare_to'))
) AS old_bar USING (window_start);
