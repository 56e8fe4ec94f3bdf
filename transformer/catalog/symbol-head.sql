-- How far a symbol is known: its newest second, and the last best bid and ask with the end of the second as of which
-- they stood.
SELECT epoch_us(max(window_start)) AS newest_us,
       arg_max(bid, window_start) FILTER (bid IS NOT NULL) AS bid,
       arg_max(bid_qty, window_start) FILTER (bid IS NOT NULL) AS bid_qty,
       arg_max(ask, window_start) FILTER (bid IS NOT NULL) AS ask,
       arg_max(ask_qty, window_start) FILTER (bid IS NOT NULL) AS ask_qty,
       max(window_start) FILTER (bid IS NOT NULL) + INTERVAL '1 second' AS as_of
FROM seconds
