-- Loads the known trades of the range, 10 s more on either side, and the neighbours by id, so that
-- a hole in the ids is seen from both its ends.
INSERT INTO known_copies
WITH stored AS (
    SELECT trade_id, price, price_text, quantity, quantity_text, trade_time, event_time, recv_time,
           buyer_is_maker, source
    FROM read_parquet(getvariable('trade_paths'))
),
near AS (
    SELECT * FROM stored
    WHERE trade_time >= second_start(getvariable('range_from') - 10)
      AND trade_time < second_start(getvariable('range_to') + 10)
),
ids AS (
    SELECT min(trade_id) AS lowest, max(trade_id) AS highest
    FROM (SELECT trade_id FROM near UNION ALL SELECT trade_id FROM new_trades)
),
neighbour_ids AS (
    SELECT max(trade_id) AS trade_id FROM stored WHERE trade_id < (SELECT lowest FROM ids)
    UNION ALL
    SELECT min(trade_id) FROM stored WHERE trade_id > (SELECT highest FROM ids)
)
SELECT trade_id, stored_decimal(price, price_text)::DECIMAL(18, 8), stored_decimal(quantity, quantity_text),
       epoch_us(trade_time), epoch_us(event_time), epoch_us(recv_time), buyer_is_maker,
       source::TRADE_SOURCE
FROM (
    SELECT * FROM near
    UNION ALL
    SELECT stored.* FROM stored SEMI JOIN neighbour_ids USING (trade_id)
    WHERE trade_time < second_start(getvariable('range_from') - 10)
       OR trade_time >= second_start(getvariable('range_to') + 10)
);
