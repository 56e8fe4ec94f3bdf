-- The trades of the range, each id once, in id order, with what came before: of several copies the
-- live one is kept, then the one received first; the rest of the order only makes the choice unique.
CREATE OR REPLACE TEMP TABLE range_trades AS
WITH ordered AS (
    SELECT *,
           lag(trade_id) OVER earlier AS previous_id,
           lag(trade_us) OVER earlier // 1000000 AS previous_second
    FROM range_copies
    WINDOW earlier AS (
        ORDER BY trade_id, source, recv, event_us, trade_us, price, quantity, buyer_is_maker
    )
)
SELECT trade_id, price, quantity, trade_us, event_us, recv, buyer_is_maker, source,
       trade_us // 1000000 AS second, previous_id, previous_second
FROM ordered
WHERE previous_id IS DISTINCT FROM trade_id;

-- The same in the shape in which trades are stored. price_text and quantity_text hold the exact decimal
-- where the double does not give it back, else NULL.
CREATE OR REPLACE TEMP VIEW range_stored_trades AS
SELECT getvariable('exchange') AS exchange,
       getvariable('symbol') AS symbol,
       trade_id,
       nearest_double(price) AS price,
       nearest_double(quantity) AS quantity,
       (price * quantity)::VARCHAR::DOUBLE AS quote_quantity,
       buyer_is_maker,
       make_timestamp(trade_us) AT TIME ZONE 'UTC' AS trade_time,
       make_timestamp(recv) AT TIME ZONE 'UTC' AS recv_time,
       source::VARCHAR AS source,
       make_timestamp(event_us) AT TIME ZONE 'UTC' AS event_time,
       text_unless_exact(price) AS price_text,
       text_unless_exact(quantity) AS quantity_text
FROM range_trades;
