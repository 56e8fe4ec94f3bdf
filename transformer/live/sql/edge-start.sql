-- The last second with a trade 20 s or more before the last known one, if there is one within the hour.
SELECT epoch_us(max(trade_time)) // 1000000 AS second
FROM read_parquet(getvariable('trade_paths'))
WHERE trade_time < second_start(getvariable('last_trade') - 20)
  AND trade_time >= second_start(getvariable('last_trade') - 3660);
