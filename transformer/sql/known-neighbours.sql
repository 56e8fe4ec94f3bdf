-- The seconds of the known trades nearest to the change, before and after it.
SELECT (SELECT epoch_us(max(trade_time)) // 1000000
        FROM read_parquet(getvariable('trade_paths'))
        WHERE trade_time < second_start(getvariable('change_from'))) AS before,
       (SELECT epoch_us(min(trade_time)) // 1000000
        FROM read_parquet(getvariable('trade_paths'))
        WHERE trade_time >= second_start(getvariable('change_to') + 1)) AS after;
