-- Loads the known trades of the range, 10 s more on either side, and the nearest second with trades beyond
-- that, so that a hole in the ids is seen from both its ends.
INSERT INTO known_copies
WITH edges AS (
    SELECT coalesce(max(trade_time) FILTER (trade_time < second_start(getvariable('range_from') - 10)),
                    second_start(getvariable('range_from') - 10)) AS earliest,
           coalesce(min(trade_time) FILTER (trade_time >= second_start(getvariable('range_to') + 10)),
                    second_start(getvariable('range_to') + 10)) AS latest
    FROM read_parquet(getvariable('trade_paths'))
)
SELECT trade_id, stored_decimal(price, price_text)::DECIMAL(18, 8),
       stored_decimal(quantity, quantity_text),
       epoch_us(trade_time), epoch_us(event_time), epoch_us(recv_time), buyer_is_maker,
       source::TRADE_SOURCE
FROM read_parquet(getvariable('trade_paths'))
WHERE trade_time >= (SELECT date_trunc('second', earliest) FROM edges)
  AND trade_time <= (SELECT date_trunc('second', latest) + INTERVAL 1 SECOND FROM edges);
