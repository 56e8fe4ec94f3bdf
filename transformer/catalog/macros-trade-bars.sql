-- Bars made of trades. A trade belongs as a whole to the bar it begins in: bars of volume and of value are at least
-- as large as asked for, but for the last one, and what a trade has too much is not carried over.

CREATE MACRO time_bars(symbol, "interval", start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *, CAST(epoch_us(trade_time) // (interval_seconds("interval") * 1000000) AS HUGEINT) AS bar FROM picked
)
:bar_sums;

CREATE MACRO tick_bars(symbol, trades_per_bar, start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *,
           CAST((row_number() OVER (PARTITION BY exchange, picked.symbol ORDER BY trade_id) - 1)
               // CAST(positive(trades_per_bar, 'trades_per_bar') AS BIGINT) AS HUGEINT) AS bar
    FROM picked
)
:bar_sums;

CREATE MACRO volume_bars(symbol, base_per_bar, start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *,
           (sum(quantity_units) OVER so_far - quantity_units)
               // CAST(CAST(positive(base_per_bar, 'base_per_bar') AS DECIMAL(28, 8)) * 100000000 AS HUGEINT) AS bar
    FROM picked
    WINDOW so_far AS (PARTITION BY exchange, picked.symbol ORDER BY trade_id ROWS UNBOUNDED PRECEDING)
)
:bar_sums;

CREATE MACRO dollar_bars(symbol, quote_per_bar, start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *,
           (sum(price_units * quantity_units) OVER so_far - price_units * quantity_units)
               // (CAST(CAST(positive(quote_per_bar, 'quote_per_bar') AS DECIMAL(28, 8)) * 100000000 AS HUGEINT)
                   * 100000000) AS bar
    FROM picked
    WINDOW so_far AS (PARTITION BY exchange, picked.symbol ORDER BY trade_id ROWS UNBOUNDED PRECEDING)
)
:bar_sums;
