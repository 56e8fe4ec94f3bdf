-- What is missing, stretch by stretch: by the manifests, and after the last second and trade they speak of by the
-- tail. Before a symbol's first second nothing is missing.
CREATE VIEW gaps AS
WITH known AS (
    SELECT exchange, symbol,
           epoch_us(min(first_second)) // 1000000 AS begun_second,
           epoch_us(max("through")) // 1000000 AS through_second,
           max(last_trade_id) AS last_trade_id
    FROM manifests
    GROUP BY ALL
),
second_gaps AS (
    SELECT exchange, symbol, day,
           epoch_us(CAST(stretch[1] AS TIMESTAMPTZ)) // 1000000 AS from_second,
           epoch_us(CAST(stretch[2] AS TIMESTAMPTZ)) // 1000000 + 1 AS to_second
    FROM (SELECT exchange, symbol, day, unnest(seconds_missing) AS stretch FROM manifests)
    UNION ALL
    SELECT exchange, symbol, day, CAST(epoch(day) AS BIGINT), CAST(epoch(day) AS BIGINT) + 86400
    FROM quality
    WHERE revision = 0
),
-- Each second of the tail beyond the manifests, with the one observed before it.
tail_seconds AS (
    SELECT tail.exchange, tail.symbol, tail.day, epoch_us(window_start) // 1000000 AS second,
           lag(epoch_us(window_start) // 1000000, 1, through_second) OVER (
               PARTITION BY tail.exchange, tail.symbol ORDER BY window_start
           ) AS previous_second
    FROM bars_tail AS tail
    LEFT JOIN known ON known.exchange = tail.exchange AND known.symbol = tail.symbol
    WHERE close IS NOT NULL
        AND (through_second IS NULL OR epoch_us(window_start) // 1000000 > through_second)
),
tail_ids AS (
    SELECT tail.exchange, tail.symbol, tail.day, trade_id,
           lag(trade_id, 1, last_trade_id) OVER (
               PARTITION BY tail.exchange, tail.symbol ORDER BY trade_id
           ) AS previous_id
    FROM trades_tail AS tail
    LEFT JOIN known ON known.exchange = tail.exchange AND known.symbol = tail.symbol
    WHERE last_trade_id IS NULL OR trade_id > last_trade_id
)
SELECT second_gaps.exchange, second_gaps.symbol, day, 'seconds' AS kind,
       to_timestamp(from_second) AS from_time, to_timestamp(to_second) AS to_time,
       to_second - from_second AS seconds,
       CAST(NULL AS BIGINT) AS first_trade_id, CAST(NULL AS BIGINT) AS last_trade_id,
       CAST(NULL AS BIGINT) AS trades,
       true AS is_published
FROM second_gaps
LEFT JOIN known ON known.exchange = second_gaps.exchange AND known.symbol = second_gaps.symbol
WHERE begun_second IS NULL OR to_second > begun_second
UNION ALL
SELECT exchange, symbol, day, 'seconds', to_timestamp(previous_second + 1), to_timestamp(second),
       second - previous_second - 1, NULL, NULL, NULL, false
FROM tail_seconds
WHERE second > previous_second + 1
UNION ALL
SELECT exchange, symbol, day, 'trades', NULL, NULL, NULL, ids[1], ids[2], ids[2] - ids[1] + 1, true
FROM (SELECT exchange, symbol, day, unnest(missing_trade_ids) AS ids FROM manifests)
UNION ALL
SELECT exchange, symbol, day, 'trades', NULL, NULL, NULL, previous_id + 1, trade_id - 1,
       trade_id - previous_id - 1, false
FROM tail_ids
WHERE trade_id > previous_id + 1;
