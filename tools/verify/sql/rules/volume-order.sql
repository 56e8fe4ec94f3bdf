-- 0 <= taker share <= volume, and a volume exactly where there are trades.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       format('base {} taker {}, quote {} taker {}, {} trades', volume_base, taker_buy_base,
              volume_quote, taker_buy_quote, trade_count) AS detail,
       taker_buy_base - volume_base AS weight
FROM stored_bars
WHERE (0 <= taker_buy_base AND taker_buy_base <= volume_base
       AND 0 <= taker_buy_quote AND taker_buy_quote <= volume_quote
       AND (trade_count > 0) = (volume_base > 0)
       AND 0 <= quote_count AND 0 <= backfilled AND backfilled <= trade_count) IS NOT TRUE;
