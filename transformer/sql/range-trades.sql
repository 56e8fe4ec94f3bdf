-- The trades of the range, each id once, in id order, with what came before it: of several copies the
-- live one is kept, then the one received first; the hash only makes the choice unique.
CREATE OR REPLACE TEMP TABLE range_trades AS
SELECT *
FROM (
    SELECT trade_id, price, quantity, trade_us, event_us, recv, buyer_is_maker, source,
           trade_us // 1000000 AS second,
           lag(trade_id) OVER () AS previous_id,
           lag(trade_us) OVER () // 1000000 AS previous_second
    FROM (
        FROM (
            FROM new_trades
            WHERE trade_us >= getvariable('range_from') * 1000000
              AND trade_us < getvariable('range_to') * 1000000
            UNION ALL
            FROM known_copies
        )
        ORDER BY trade_id, source, recv,
                 hash(event_us, trade_us, price, quantity, buyer_is_maker)
    )
)
WHERE previous_id IS DISTINCT FROM trade_id;

-- How many lines each day got.
CREATE OR REPLACE TEMP TABLE new_trade_days AS
SELECT trade_us // 86400000000 AS day, count(*) AS trade_lines
FROM new_trades
WHERE trade_us >= getvariable('range_from') * 1000000 AND trade_us < getvariable('range_to') * 1000000
GROUP BY day;

-- The same in the shape in which trades are stored. price_text and quantity_text hold the exact decimal
-- where the double does not give it back, else NULL.
CREATE OR REPLACE TEMP VIEW range_stored_trades AS
SELECT getvariable('exchange') AS exchange,
       getvariable('symbol') AS symbol,
       trade_id,
       nearest_double(price) AS price,
       nearest_double(quantity) AS quantity,
       nearest_product(price, quantity) AS quote_quantity,
       buyer_is_maker,
       make_timestamptz(trade_us) AS trade_time,
       make_timestamptz(recv) AS recv_time,
       source::VARCHAR AS source,
       make_timestamptz(event_us) AS event_time,
       text_unless_exact(price) AS price_text,
       text_unless_exact(quantity) AS quantity_text
FROM range_trades;
