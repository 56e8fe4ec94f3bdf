-- Questions that trades answer.

CREATE MACRO volume_profile(symbol, price_step, start, stop) AS TABLE
WITH picked AS (
    SELECT trades.exchange, trades.symbol, buyer_is_maker, quantity, quote_quantity,
           CAST(CAST(price AS DECIMAL(28, 8)) * 100000000 AS HUGEINT)
               // CAST(positive(CAST(price_step AS DECIMAL(28, 8)), 'price_step') * 100000000 AS HUGEINT) AS level
    FROM trades
    WHERE (symbol IS NULL OR trades.symbol = symbol) AND is_within(trades.day, trades.trade_time, start, stop)
)
SELECT exchange, picked.symbol,
       CAST(level * CAST(price_step AS DECIMAL(28, 8)) AS DOUBLE) AS price_from,
       CAST((level + 1) * CAST(price_step AS DECIMAL(28, 8)) AS DOUBLE) AS price_to,
       CAST(sum(CAST(quantity AS DECIMAL(38, 8))) AS DOUBLE) AS volume_base,
       CAST(sum(CAST(quote_quantity AS DECIMAL(38, 8))) AS DOUBLE) AS volume_quote,
       CAST(coalesce(sum(CAST(quantity AS DECIMAL(38, 8))) FILTER (NOT buyer_is_maker), 0) AS DOUBLE) AS taker_buy_base,
       CAST(coalesce(sum(CAST(quantity AS DECIMAL(38, 8))) FILTER (buyer_is_maker), 0) AS DOUBLE) AS taker_sell_base,
       count(*) AS trade_count,
       100 * CAST(sum(CAST(quantity AS DECIMAL(38, 8))) AS DOUBLE)
           / CAST(sum(sum(CAST(quantity AS DECIMAL(38, 8)))) OVER (PARTITION BY exchange, picked.symbol) AS DOUBLE)
           AS share_percent
FROM picked
GROUP BY exchange, picked.symbol, level;

CREATE MACRO trades_with_quotes(symbol, start, stop) AS TABLE
WITH picked AS (
    SELECT trades.*, epoch_us(trade_time) // 1000000 AS second
    FROM trades
    WHERE (symbol IS NULL OR trades.symbol = symbol) AND is_within(trades.day, trades.trade_time, start, stop)
),
-- Seconds in which a quote came. The second of the trade is not among those asked: its quote may be of after it.
quotes AS (
    SELECT bars.exchange, bars.symbol, epoch_us(window_start) // 1000000 AS second, bid, bid_qty, ask, ask_qty
    FROM bars_1s AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol) AND quote_count > 0
        AND (start IS NULL OR bars.day >= utc_day(start) - 1) AND (stop IS NULL OR bars.day <= utc_day(stop))
)
SELECT picked.exchange, picked.symbol, trade_id, trade_time, price, quantity, quote_quantity,
       CASE WHEN buyer_is_maker THEN 'sell' ELSE 'buy' END AS side,
       to_timestamp(quotes.second + 1) AS quote_time,
       picked.second - quotes.second - 1 AS quote_age_seconds,
       bid, bid_qty, ask, ask_qty,
       CAST(CAST(ask AS DECIMAL(28, 8)) - CAST(bid AS DECIMAL(28, 8)) AS DOUBLE) AS quoted_spread,
       CAST((2 * CAST(price AS DECIMAL(28, 8)) - CAST(bid AS DECIMAL(28, 8)) - CAST(ask AS DECIMAL(28, 8)))
            * CASE WHEN buyer_is_maker THEN -1 ELSE 1 END AS DOUBLE) AS effective_spread,
       20000 * CAST((2 * CAST(price AS DECIMAL(28, 8)) - CAST(bid AS DECIMAL(28, 8)) - CAST(ask AS DECIMAL(28, 8)))
            * CASE WHEN buyer_is_maker THEN -1 ELSE 1 END AS DOUBLE) / nullif(bid + ask, 0) AS effective_spread_bps
FROM picked
ASOF LEFT JOIN quotes
    ON quotes.exchange = picked.exchange AND quotes.symbol = picked.symbol AND picked.second > quotes.second;
