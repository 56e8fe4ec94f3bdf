-- In which seconds the trades of one day that stood (known_path) and those of now (output_path) differ:
-- runs of seconds with trades, and whether trades filled in afterwards changed any up to
-- getvariable('published_through').
WITH compared AS (
    SELECT coalesce(now_trade.second, old_trade.second) AS second,
           bool_or(now_trade.digest IS DISTINCT FROM old_trade.digest) AS differs,
           bool_or(now_trade.filled AND old_trade.digest IS NULL) AS filled
    FROM (
        SELECT trade_id, epoch_us(trade_time) // 1000000 AS second, hash(t) AS digest,
               source <> 'live' AS filled
        FROM read_parquet(getvariable('output_path'), hive_partitioning = false) AS t
        WHERE trade_time >= second_start(getvariable('compare_from'))
          AND trade_time < second_start(getvariable('compare_to'))
    ) AS now_trade
    FULL JOIN (
        SELECT trade_id, epoch_us(trade_time) // 1000000 AS second, hash(t) AS digest
        FROM read_parquet(getvariable('known_path'), hive_partitioning = false) AS t
        WHERE trade_time >= second_start(getvariable('compare_from'))
          AND trade_time < second_start(getvariable('compare_to'))
    ) AS old_trade USING (trade_id)
    GROUP BY ALL
),
placed AS (
    SELECT second, differs, row_number() OVER (ORDER BY second) AS place FROM compared
),
runs AS (
    SELECT min(second) AS run_from, max(second) AS run_to
    FROM (
        SELECT second, place - row_number() OVER (ORDER BY second) AS run FROM placed WHERE differs
    )
    GROUP BY run
)
SELECT list(run_from ORDER BY run_from) AS runs_from,
       list(run_to ORDER BY run_from) AS runs_to,
       (SELECT coalesce(bool_or(filled), false) FROM compared
        WHERE second <= getvariable('published_through')) AS filled
FROM runs;
