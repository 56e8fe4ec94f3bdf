-- What is missing, stretch by stretch: by the manifests, and after the last second and trade they speak of by the
-- tail. Before a symbol's first second nothing is missing. When missing trades were, the bars say: between the seconds
-- of the trade before them and of the one after them.
CREATE VIEW gaps AS
WITH known AS (
    SELECT exchange, symbol,
           epoch_us(min(first_second)) // 1000000 AS begun_second,
           epoch_us(max("through")) // 1000000 AS through_second,
           max(last_trade_id) AS last_trade_id,
           max(day) FILTER (last_trade_id IS NOT NULL) AS last_day
    FROM manifests
    GROUP BY ALL
),
traded_days AS (
    SELECT exchange, symbol, day, missing_trade_ids,
           lag(CASE WHEN last_trade_id IS NOT NULL THEN day END IGNORE NULLS) OVER (
               PARTITION BY exchange, symbol ORDER BY day
           ) AS previous_day
    FROM manifests
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
    SELECT tail.exchange, tail.symbol, tail.day, trade_id, last_day,
           lag(trade_id, 1, last_trade_id) OVER (
               PARTITION BY tail.exchange, tail.symbol ORDER BY trade_id
           ) AS previous_id
    FROM trades_tail AS tail
    LEFT JOIN known ON known.exchange = tail.exchange AND known.symbol = tail.symbol
    WHERE last_trade_id IS NULL OR trade_id > last_trade_id
),
missing_ids AS MATERIALIZED (
    SELECT exchange, symbol, day, previous_day, ids[1] AS first_id, ids[2] AS last_id, true AS is_published
    FROM (SELECT exchange, symbol, day, previous_day, unnest(missing_trade_ids) AS ids FROM traded_days)
    UNION ALL
    SELECT exchange, symbol, day, last_day, previous_id + 1, trade_id - 1, false
    FROM tail_ids
    WHERE trade_id > previous_id + 1
),
-- The trade after missing ones is of their day, the one before of that day or the last day with trades before it.
edge_days AS MATERIALIZED (
    SELECT exchange, symbol, year(day) AS year, month(day) AS month, day(day) AS day
    FROM (
        SELECT exchange, symbol, day FROM missing_ids
        UNION
        SELECT exchange, symbol, previous_day FROM missing_ids
    )
),
-- The seconds with trades of these days. Columns as they are stored, so that the join keeps files from being read.
traded_seconds AS MATERIALIZED (
    SELECT bars.exchange, bars.symbol, epoch_us(window_start) // 1000000 AS second, first_trade_id, last_trade_id
    FROM read_parquet(
        :paths, union_by_name = :is_mixed,
        hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT, day: BIGINT}
    ) AS bars
    SEMI JOIN edge_days
        ON edge_days.exchange = bars.exchange AND edge_days.symbol = bars.symbol
        AND edge_days.year = bars.year AND edge_days.month = bars.month AND edge_days.day = bars.day
    WHERE trade_count > 0
    UNION ALL
    SELECT exchange, symbol, epoch_us(window_start) // 1000000, first_trade_id, last_trade_id
    FROM bars_tail
    WHERE trade_count > 0
),
-- With the seconds of the trade before and of the trade after, where the lake has their bars.
placed_ids AS (
    SELECT missing_ids.*,
           CASE WHEN earlier.last_trade_id >= first_id - 1 THEN earlier.second END AS before_second,
           CASE WHEN later.last_trade_id > last_id THEN later.second END AS after_second
    FROM missing_ids
    ASOF LEFT JOIN traded_seconds AS earlier
        ON earlier.exchange = missing_ids.exchange AND earlier.symbol = missing_ids.symbol
        AND first_id - 1 >= earlier.first_trade_id
    ASOF LEFT JOIN traded_seconds AS later
        ON later.exchange = missing_ids.exchange AND later.symbol = missing_ids.symbol
        AND last_id + 1 >= later.first_trade_id
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
-- One second that is known says nothing of the other end: least and greatest would take it for both.
SELECT exchange, symbol, day, 'trades',
       CASE WHEN before_second IS NOT NULL THEN to_timestamp(least(before_second, after_second)) END,
       CASE WHEN after_second IS NOT NULL THEN to_timestamp(greatest(before_second, after_second) + 1) END,
       NULL, first_id, last_id, last_id - first_id + 1, is_published
FROM placed_ids;
