-- Bars made of trades. A trade belongs as a whole to the bar it begins in: what it has too much is missing from the next
-- bar, so that the bars together keep to the size asked for, and a single one may be larger or smaller.

CREATE MACRO time_bars(symbol, "interval", start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *, CAST(interval_number(trade_time, "interval") AS HUGEINT) AS bar FROM picked
)
:bar_sums;

CREATE MACRO tick_bars(symbol, trades_per_bar, start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *,
           CAST((row_number() OVER (PARTITION BY exchange, picked.symbol ORDER BY trade_id) - 1)
               // whole(trades_per_bar, 'trades_per_bar') AS HUGEINT) AS bar
    FROM picked
)
:bar_sums;

CREATE MACRO volume_bars(symbol, base_per_bar, start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *,
           (sum(quantity_units) OVER so_far - quantity_units)
               // CAST(positive(CAST(base_per_bar AS DECIMAL(28, 8)), 'base_per_bar') * 100000000 AS HUGEINT) AS bar
    FROM picked
    WINDOW so_far AS (PARTITION BY exchange, picked.symbol ORDER BY trade_id ROWS UNBOUNDED PRECEDING)
)
:bar_sums;

CREATE MACRO dollar_bars(symbol, quote_per_bar, start, stop) AS TABLE
WITH picked AS (:picked_trades),
numbered AS (
    SELECT *,
           (sum(price_units * quantity_units) OVER so_far - price_units * quantity_units)
               // (CAST(positive(CAST(quote_per_bar AS DECIMAL(28, 8)), 'quote_per_bar') * 100000000 AS HUGEINT)
                   * 100000000) AS bar
    FROM picked
    WINDOW so_far AS (PARTITION BY exchange, picked.symbol ORDER BY trade_id ROWS UNBOUNDED PRECEDING)
)
:bar_sums;
