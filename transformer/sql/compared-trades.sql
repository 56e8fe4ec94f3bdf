-- The seconds in which one day has trades, as it stood (known_path) or as it is now (output_path): whether the
-- two differ, and whether trades were filled in.
CREATE OR REPLACE TEMP TABLE compared AS
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
GROUP BY ALL;
