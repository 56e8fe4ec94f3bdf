-- Takes the batch's trades and quotes over, and empties frames. Parts up to getvariable('new_part_count')
-- are new; the ones behind were transformed before and are read again only for the seconds they
-- share with the new ones.
INSERT INTO new_trades
SELECT trade_id, price, quantity, trade_us, event_us, recv, buyer_is_maker, source
FROM frames
WHERE kind = 'trade' AND part <= getvariable('new_part_count');

-- What each second's quotes say. An update id counts once in a second; a second in which one came
-- more than once is set aside (quote_count of NULL) for the statement below.
INSERT OR REPLACE INTO new_quote_seconds
WITH placed AS (
    -- Place within the second: by time, then by update id (its low 43 bits, so that both fit).
    SELECT quote_us // 1000000 AS second, update_id, bid, bid_qty, ask, ask_qty,
           (quote_us % 1000000) * 8796093022208 + update_id % 8796093022208 AS place,
           part <= getvariable('new_part_count') AS is_new
    FROM frames
    WHERE kind = 'quote'
)
SELECT second,
       CASE WHEN count(DISTINCT update_id) = count(*) THEN count(*)::INTEGER END AS quote_count,
       nearest_double(arg_max(bid, place)) AS bid,
       arg_max(bid_qty, place) AS bid_qty,
       nearest_double(arg_max(ask, place)) AS ask,
       arg_max(ask_qty, place) AS ask_qty,
       nearest_double(arg_max(ask, place) - arg_max(bid, place)) AS spread,
       nearest_mean(sum(ask - bid), count(*)) AS spread_mean
FROM placed
GROUP BY second
HAVING bool_or(is_new);

-- The same for seconds with copies. Copies of an update are alike; should they differ, min makes the
-- choice the same whatever their order.
INSERT OR REPLACE INTO new_quote_seconds
WITH updates AS (
    SELECT quote_us // 1000000 AS second, update_id, min(quote_us) AS quote_us,
           min(bid) AS bid, min(bid_qty) AS bid_qty, min(ask) AS ask, min(ask_qty) AS ask_qty
    FROM frames
    WHERE kind = 'quote'
      AND quote_us // 1000000 IN (SELECT second FROM new_quote_seconds WHERE quote_count IS NULL)
    GROUP BY ALL
),
placed AS (
    SELECT *, (quote_us % 1000000) * 8796093022208 + update_id % 8796093022208 AS place
    FROM updates
)
SELECT second,
       count(*)::INTEGER AS quote_count,
       nearest_double(arg_max(bid, place)) AS bid,
       arg_max(bid_qty, place) AS bid_qty,
       nearest_double(arg_max(ask, place)) AS ask,
       arg_max(ask_qty, place) AS ask_qty,
       nearest_double(arg_max(ask, place) - arg_max(bid, place)) AS spread,
       nearest_mean(sum(ask - bid), count(*)) AS spread_mean
FROM placed
GROUP BY second;

DELETE FROM frames;
