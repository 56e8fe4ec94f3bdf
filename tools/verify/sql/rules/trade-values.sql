-- Prices and quantities above zero and finite, quote_quantity their product, a source that exists.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT 'trade ' || trade_id AS place,
       format('price {} quantity {} quote_quantity {} source {}', price, quantity, quote_quantity, source)
           AS detail,
       -trade_id AS weight
FROM stored_trades
WHERE (price > 0 AND quantity > 0 AND isfinite(price) AND isfinite(quantity)
       AND abs(quote_quantity - price * quantity) <= 1e-12 * price * quantity
       AND source IN ('live', 'rest', 'archive')) IS NOT TRUE;
