-- The last trade and the last quote of the lines that were read. Of a second's quotes the last one is the one its bar has.
SELECT coalesce(bool_or(kind = 'bad'), false) AS is_odd,
       max(trade_id) AS trade_id,
       nearest_double(arg_max(price, trade_id)) AS price,
       nearest_double(arg_max(quantity, trade_id)) AS quantity,
       arg_max(buyer_is_maker, trade_id) AS buyer_is_maker,
       make_timestamptz(arg_max(trade_us, trade_id)) AS trade_time,
       make_timestamptz(arg_max(recv, trade_id)) AS recv_time,
       nearest_double(arg_max(bid, place)) AS bid, arg_max(bid_qty, place) AS bid_qty,
       nearest_double(arg_max(ask, place)) AS ask, arg_max(ask_qty, place) AS ask_qty,
       make_timestamptz(arg_max(quote_us, place)) AS quote_time
FROM (
    SELECT *, CASE
               WHEN kind = 'quote'
                   THEN (quote_us // 1000000)::HUGEINT * 9223372036854775808 + quote_place(quote_us, update_id)
           END AS place
    FROM frames
    WHERE kind IN ('trade', 'quote', 'bad')
)
