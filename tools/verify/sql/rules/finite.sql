-- No NaN and no infinity in any column. A sum of finite numbers is finite.
CREATE OR REPLACE TEMP VIEW offenders AS
WITH suspects AS (
    SELECT *
    FROM stored_bars
    WHERE NOT isfinite(
        open + high + low + close + volume_base + volume_quote + taker_buy_base + taker_buy_quote
        + coalesce(vwap, 0) + coalesce(bid, 0) + coalesce(bid_qty, 0) + coalesce(ask, 0)
        + coalesce(ask_qty, 0) + coalesce(spread, 0) + coalesce(spread_mean, 0)
        + coalesce(latency_p50_ms, 0) + coalesce(latency_max_ms, 0)
    )
)
SELECT window_start::VARCHAR AS place, column_name || ' is ' || value AS detail,
       -epoch(window_start) AS weight
FROM (
    UNPIVOT (SELECT window_start, COLUMNS(lambda c: c <> 'window_start')::VARCHAR FROM suspects)
    ON COLUMNS(* EXCLUDE (window_start)) INTO NAME column_name VALUE value
)
WHERE value IN ('nan', 'inf', '-inf');
