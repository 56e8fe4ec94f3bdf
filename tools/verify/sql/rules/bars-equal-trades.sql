-- Every bar is exactly what its trades sum up to, and no trade is without its bar. Sums are made of
-- exact decimals; a double is the nearest one to the exact sum.
CREATE OR REPLACE TEMP VIEW offenders AS
WITH exact AS (
    SELECT epoch_us(trade_time) // 1000000 AS second, trade_id, buyer_is_maker,
           CASE WHEN price < 10000000 THEN price::DECIMAL(18, 8)
                ELSE coalesce(price_text, price::VARCHAR)::DECIMAL(18, 8) END AS price,
           CASE WHEN quantity < 10000000 THEN quantity::DECIMAL(18, 8)::DECIMAL(28, 8)
                ELSE coalesce(quantity_text, quantity::VARCHAR)::DECIMAL(28, 8) END AS quantity
    FROM stored_trades
),
sums AS (
    SELECT second, count(*) AS trade_count,
           arg_min(price, trade_id)::VARCHAR::DOUBLE AS open, max(price)::VARCHAR::DOUBLE AS high,
           min(price)::VARCHAR::DOUBLE AS low, arg_max(price, trade_id)::VARCHAR::DOUBLE AS close,
           sum(quantity)::VARCHAR::DOUBLE AS volume_base,
           sum(price * quantity)::VARCHAR::DOUBLE AS volume_quote,
           coalesce(sum(quantity) FILTER (NOT buyer_is_maker), 0)::VARCHAR::DOUBLE AS taker_buy_base,
           coalesce(sum(price * quantity) FILTER (NOT buyer_is_maker), 0)::VARCHAR::DOUBLE
               AS taker_buy_quote,
           min(trade_id) AS first_trade_id, max(trade_id) AS last_trade_id
    FROM exact
    GROUP BY second
)
SELECT coalesce(bar.window_start, make_timestamptz(sums.second * 1000000))::VARCHAR AS place,
       CASE WHEN bar.window_start IS NULL THEN format('{} trades and no bar', sums.trade_count)
            WHEN sums.second IS NULL THEN format('{} trades in the bar and none in trades', bar.trade_count)
            ELSE format('bar has {} trades, base {}, quote {}; trades give {}, {}, {}',
                        bar.trade_count, bar.volume_base, bar.volume_quote,
                        sums.trade_count, sums.volume_base, sums.volume_quote)
       END AS detail,
       abs(coalesce(bar.trade_count, 0) - coalesce(sums.trade_count, 0)) AS weight
FROM (SELECT *, epoch_us(window_start) // 1000000 AS second FROM stored_bars WHERE trade_count <> 0) AS bar
FULL JOIN sums USING (second)
WHERE bar.window_start IS NULL OR sums.second IS NULL
   OR (bar.trade_count, bar.open, bar.high, bar.low, bar.close, bar.volume_base, bar.volume_quote,
       bar.taker_buy_base, bar.taker_buy_quote, bar.first_trade_id, bar.last_trade_id)
      IS DISTINCT FROM
      (sums.trade_count, sums.open, sums.high, sums.low, sums.close, sums.volume_base,
       sums.volume_quote, sums.taker_buy_base, sums.taker_buy_quote, sums.first_trade_id,
       sums.last_trade_id);
