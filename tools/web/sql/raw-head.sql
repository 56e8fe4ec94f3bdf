-- The last trade and the last quote of the lines that were read. Of a second's quotes the last one is the one its bar
-- has; of copies of a trade the one that was heard. What was filled in may be older than what was not read.
SELECT coalesce(bool_or(source = 'live'), false) AS is_heard,
       max(trade_id) AS trade_id,
       nearest_double(arg_max(price, trade_place)) AS price,
       nearest_double(arg_max(quantity, trade_place)) AS quantity,
       arg_max(buyer_is_maker, trade_place) AS buyer_is_maker,
       make_timestamptz(arg_max(trade_us, trade_place)) AS trade_time,
       make_timestamptz(arg_max(recv, trade_place)) AS recv_time,
       nearest_double(arg_max(bid, place)) AS bid, arg_max(bid_qty, place) AS bid_qty,
       nearest_double(arg_max(ask, place)) AS ask, arg_max(ask_qty, place) AS ask_qty,
       make_timestamptz(arg_max(quote_us, place)) AS quote_time
FROM (
    SELECT *,
           trade_id::HUGEINT * 2 + CASE WHEN source = 'live' THEN 1 ELSE 0 END AS trade_place,
           CASE
               WHEN kind = 'quote'
                   THEN (quote_us // 1000000)::HUGEINT * 9223372036854775808 + quote_place(quote_us, update_id)
           END AS place
    FROM frames
    WHERE kind IN ('trade', 'quote')
)
