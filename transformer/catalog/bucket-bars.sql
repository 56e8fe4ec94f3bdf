-- Bars of longer intervals from `bars` of seconds, each with the number of the `bucket` it lies in.
-- Open, high and low come from seconds with trades where there are any, as in the exchange's own klines; sums are
-- made in decimals, so that they do not depend on the order of the rows.
SELECT bars.exchange, bars.symbol,
       to_timestamp(bucket * :seconds + :origin) AS window_start,
       coalesce(arg_min(open, bars.window_start) FILTER (trade_count > 0), arg_min(open, bars.window_start)) AS open,
       coalesce(max(high) FILTER (trade_count > 0), max(high)) AS high,
       coalesce(min(low) FILTER (trade_count > 0), min(low)) AS low,
       arg_max(close, bars.window_start) AS close,
       CAST(sum(CAST(volume_base AS DECIMAL(38, 8))) AS DOUBLE) AS volume_base,
       CAST(sum(CAST(volume_quote AS DECIMAL(38, 8))) AS DOUBLE) AS volume_quote,
       CAST(sum(CAST(taker_buy_base AS DECIMAL(38, 8))) AS DOUBLE) AS taker_buy_base,
       CAST(sum(CAST(taker_buy_quote AS DECIMAL(38, 8))) AS DOUBLE) AS taker_buy_quote,
       CAST(sum(trade_count) AS BIGINT) AS trade_count,
       CAST(sum(CAST(volume_quote AS DECIMAL(38, 8))) AS DOUBLE)
           / nullif(CAST(sum(CAST(volume_base AS DECIMAL(38, 8))) AS DOUBLE), 0) AS vwap,
       min(first_trade_id) AS first_trade_id,
       max(last_trade_id) AS last_trade_id,
       arg_max(bid, bars.window_start) AS bid,
       arg_max(bid_qty, bars.window_start) AS bid_qty,
       arg_max(ask, bars.window_start) AS ask,
       arg_max(ask_qty, bars.window_start) AS ask_qty,
       arg_max(spread, bars.window_start) AS spread,
       CAST(sum(quote_count) AS BIGINT) AS quote_count,
       CAST(sum(backfilled) AS BIGINT) AS backfilled,
       count(*) AS seconds,
       bool_and(complete) AND count(*) = :seconds AS complete
