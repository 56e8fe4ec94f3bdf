-- Bars of longer intervals from bars_1s. Open, high and low come from seconds with trades where there are
-- any, as in the exchange's own klines; sums are made in decimals, so that they do not depend on the
-- order of the rows. `seconds` is how many seconds of the interval were observed.
CREATE MACRO rollup_bars(width) AS TABLE
SELECT exchange, symbol,
       time_bucket(width, window_start) AS window_start,
       coalesce(arg_min(open, window_start) FILTER (trade_count > 0), arg_min(open, window_start)) AS open,
       coalesce(max(high) FILTER (trade_count > 0), max(high)) AS high,
       coalesce(min(low) FILTER (trade_count > 0), min(low)) AS low,
       arg_max(close, window_start) AS close,
       sum(volume_base::DECIMAL(38, 8))::DOUBLE AS volume_base,
       sum(volume_quote::DECIMAL(38, 8))::DOUBLE AS volume_quote,
       sum(taker_buy_base::DECIMAL(38, 8))::DOUBLE AS taker_buy_base,
       sum(taker_buy_quote::DECIMAL(38, 8))::DOUBLE AS taker_buy_quote,
       sum(trade_count)::BIGINT AS trade_count,
       sum(volume_quote::DECIMAL(38, 8))::DOUBLE
           / nullif(sum(volume_base::DECIMAL(38, 8))::DOUBLE, 0) AS vwap,
       min(first_trade_id) AS first_trade_id,
       max(last_trade_id) AS last_trade_id,
       arg_max(bid, window_start) AS bid,
       arg_max(bid_qty, window_start) AS bid_qty,
       arg_max(ask, window_start) AS ask,
       arg_max(ask_qty, window_start) AS ask_qty,
       arg_max(spread, window_start) AS spread,
       sum(quote_count)::BIGINT AS quote_count,
       sum(backfilled)::BIGINT AS backfilled,
       count(*) AS seconds,
       bool_and(complete) AND count(*) = epoch(width) AS complete
FROM bars_1s
GROUP BY ALL;

CREATE VIEW bars_1m AS FROM rollup_bars(INTERVAL '1 minute');
CREATE VIEW bars_5m AS FROM rollup_bars(INTERVAL '5 minutes');
CREATE VIEW bars_15m AS FROM rollup_bars(INTERVAL '15 minutes');
CREATE VIEW bars_1h AS FROM rollup_bars(INTERVAL '1 hour');
CREATE VIEW bars_1d AS FROM rollup_bars(INTERVAL '1 day');
