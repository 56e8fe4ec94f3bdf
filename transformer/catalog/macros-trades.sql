-- Questions that trades answer.

CREATE MACRO volume_profile(symbol, price_step, start, stop) AS TABLE
WITH picked AS (:picked_trades),
levels AS (
    SELECT *, price_units // CAST(positive(CAST(price_step AS DECIMAL(28, 8)), 'price_step') * 100000000 AS HUGEINT) AS level
    FROM picked
)
SELECT exchange, levels.symbol,
       CAST(level * CAST(price_step AS DECIMAL(28, 8)) AS DOUBLE) AS price_from,
       CAST((level + 1) * CAST(price_step AS DECIMAL(28, 8)) AS DOUBLE) AS price_to,
       CAST(CAST(sum(exact_quantity) AS VARCHAR) AS DOUBLE) AS volume_base,
       CAST(CAST(sum(exact_price * exact_quantity) AS VARCHAR) AS DOUBLE) AS volume_quote,
       CAST(CAST(coalesce(sum(exact_quantity) FILTER (NOT buyer_is_maker), 0) AS VARCHAR) AS DOUBLE) AS taker_buy_base,
       CAST(CAST(coalesce(sum(exact_quantity) FILTER (buyer_is_maker), 0) AS VARCHAR) AS DOUBLE) AS taker_sell_base,
       count(*) AS trade_count,
       100 * CAST(CAST(sum(exact_quantity) AS VARCHAR) AS DOUBLE)
           / nullif(CAST(CAST(sum(sum(exact_quantity)) OVER of_symbol AS VARCHAR) AS DOUBLE), 0) AS share_percent,
       CAST(max(max(trade_id)) OVER of_symbol - min(min(trade_id)) OVER of_symbol + 1 - sum(count(*)) OVER of_symbol
           AS BIGINT) AS trades_missing
FROM levels
GROUP BY exchange, levels.symbol, level
WINDOW of_symbol AS (PARTITION BY exchange, levels.symbol);

CREATE MACRO trades_with_quotes(symbol, start, stop) AS TABLE
WITH picked AS (
    SELECT trades.*, epoch_us(trade_time) // 1000000 AS second,
           coalesce(CAST(price_text AS DECIMAL(28, 8)), CAST(price AS DECIMAL(28, 8))) AS exact_price
    FROM trades
    WHERE (symbol IS NULL OR trades.symbol = symbol) AND is_within(trades.day, trades.trade_time, start, stop)
),
observed AS (
    SELECT bars.exchange, bars.symbol, epoch_us(window_start) // 1000000 AS second, bid, bid_qty, ask, ask_qty,
           quote_count, complete,
           lag(epoch_us(window_start) // 1000000) OVER (PARTITION BY bars.exchange, bars.symbol ORDER BY window_start)
               AS previous_second
    FROM bars_1s AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol)
        AND (start IS NULL OR bars.day >= utc_day(start) - 1) AND (stop IS NULL OR bars.day <= utc_day(stop))
),
-- Seconds in which a quote came. The second of the trade is not among those asked: its quote may be of after it.
quotes AS (
    SELECT * FROM observed WHERE quote_count > 0
),
-- Seconds in which a quote may have come unheard; of a stretch without bars the last one.
unheard AS (
    SELECT exchange, observed.symbol, second FROM observed WHERE NOT complete
    UNION ALL
    SELECT exchange, observed.symbol, second - 1 FROM observed WHERE second > previous_second + 1
)
SELECT picked.exchange, picked.symbol, trade_id, trade_time, price, quantity, quote_quantity,
       CASE WHEN buyer_is_maker THEN 'sell' ELSE 'buy' END AS side,
       to_timestamp(quotes.second + 1) AS quote_time,
       picked.second - quotes.second - 1 AS quote_age_seconds,
       bid, bid_qty, ask, ask_qty,
       CAST(CAST(ask AS DECIMAL(28, 8)) - CAST(bid AS DECIMAL(28, 8)) AS DOUBLE) AS quoted_spread,
       CAST((2 * exact_price - CAST(bid AS DECIMAL(28, 8)) - CAST(ask AS DECIMAL(28, 8)))
            * CASE WHEN buyer_is_maker THEN -1 ELSE 1 END AS DOUBLE) AS effective_spread,
       20000 * CAST((2 * exact_price - CAST(bid AS DECIMAL(28, 8)) - CAST(ask AS DECIMAL(28, 8)))
            * CASE WHEN buyer_is_maker THEN -1 ELSE 1 END AS DOUBLE) / nullif(bid + ask, 0) AS effective_spread_bps,
       coalesce(unheard.second < quotes.second, quotes.second IS NOT NULL) AS complete
FROM picked
ASOF LEFT JOIN quotes
    ON quotes.exchange = picked.exchange AND quotes.symbol = picked.symbol AND picked.second > quotes.second
ASOF LEFT JOIN unheard
    ON unheard.exchange = picked.exchange AND unheard.symbol = picked.symbol AND picked.second > unheard.second;
