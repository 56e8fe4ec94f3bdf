-- What the quotes say of the seconds that collect-quotes.sql has set aside, because copies came in them. Copies of
-- an update are alike; should they differ, min makes the choice the same whatever their order.
INSERT OR REPLACE INTO new_quote_seconds
WITH updates AS (
    SELECT quote_us // 1000000 AS second, update_id, min(quote_us) AS quote_us,
           min(bid) AS bid, min(bid_qty) AS bid_qty, min(ask) AS ask, min(ask_qty) AS ask_qty
    FROM frames
    WHERE kind = 'quote'
      AND quote_us // 1000000 IN (SELECT second FROM new_quote_seconds WHERE quote_count IS NULL)
    GROUP BY ALL
),
seconds AS (
    SELECT second,
           count(*)::INTEGER AS quote_count,
           arg_max({bid: bid, bid_qty: bid_qty, ask: ask, ask_qty: ask_qty},
                   quote_place(quote_us, update_id)) AS last,
           nearest_mean(sum(ask - bid), count(*)) AS spread_mean
    FROM updates
    GROUP BY second
)
SELECT second, quote_count,
       nearest_double(last.bid), last.bid_qty, nearest_double(last.ask), last.ask_qty,
       nearest_double(last.ask - last.bid), spread_mean
FROM seconds;
