-- Bars of `numbered` trades, by the exact decimals.
SELECT exchange, numbered.symbol, bar,
       min(trade_time) AS from_time, max(trade_time) AS to_time,
       arg_min(price, trade_id) AS open, max(price) AS high, min(price) AS low, arg_max(price, trade_id) AS close,
       CAST(CAST(sum(exact_quantity) AS VARCHAR) AS DOUBLE) AS volume_base,
       CAST(CAST(sum(exact_price * exact_quantity) AS VARCHAR) AS DOUBLE) AS volume_quote,
       CAST(CAST(coalesce(sum(exact_quantity) FILTER (NOT buyer_is_maker), 0) AS VARCHAR) AS DOUBLE) AS taker_buy_base,
       CAST(CAST(coalesce(sum(exact_price * exact_quantity) FILTER (NOT buyer_is_maker), 0) AS VARCHAR) AS DOUBLE)
           AS taker_buy_quote,
       count(*) AS trade_count,
       CAST(CAST(sum(exact_price * exact_quantity) AS VARCHAR) AS DOUBLE)
           / nullif(CAST(CAST(sum(exact_quantity) AS VARCHAR) AS DOUBLE), 0) AS vwap,
       min(trade_id) AS first_trade_id, max(trade_id) AS last_trade_id,
       greatest(0, max(trade_id) - count(*) - lag(max(trade_id), 1, min(trade_id) - 1) OVER (
           PARTITION BY exchange, numbered.symbol ORDER BY bar
       )) AS trades_missing
FROM numbered
GROUP BY exchange, numbered.symbol, bar
