-- What our bars and the exchange's klines do not agree on, one row per column; where one of the two has
-- no row at all, one row that names the trades of the other. A column is equal when our double is the
-- nearest one to the exchange's decimal. Nothing is wrong where nobody traded and the exchange made no
-- kline: it does so while trading is suspended.
CREATE OR REPLACE TEMP TABLE findings AS
WITH own_bars AS (
    FROM bars
    WHERE EXISTS (FROM spans WHERE second >= from_second AND second < to_second)
),
-- REST's word counts where both were asked: the archive is written once, and not always whole.
theirs AS (
    FROM klines
    WHERE EXISTS (FROM spans WHERE second >= from_second AND second < to_second)
    QUALIFY row_number() OVER (PARTITION BY second ORDER BY source DESC, ordinal) = 1
),
-- Eight decimals are what the exchange writes. A price and a quantity that have more together make
-- products which it rounds, trade by trade.
decimals AS (
    SELECT length(rtrim(split_part(close::DECIMAL(38, 8)::VARCHAR, '.', 2), '0')) AS of_price,
           length(rtrim(split_part(volume_base::DECIMAL(38, 8)::VARCHAR, '.', 2), '0')) AS of_quantity
    FROM own_bars
),
rounding AS (SELECT coalesce(max(of_price) + max(of_quantity) > 8, false) AS is_needed FROM decimals),
pairs AS (
    SELECT own_bars.second, own_bars.trade_count AS trades, unnest([
        {column_name: 'open', ours: own_bars.open, theirs: TRY_CAST(theirs.open AS DOUBLE)},
        {column_name: 'high', ours: own_bars.high, theirs: TRY_CAST(theirs.high AS DOUBLE)},
        {column_name: 'low', ours: own_bars.low, theirs: TRY_CAST(theirs.low AS DOUBLE)},
        {column_name: 'close', ours: own_bars.close, theirs: TRY_CAST(theirs.close AS DOUBLE)},
        {column_name: 'volume_base', ours: own_bars.volume_base,
         theirs: TRY_CAST(theirs.volume_base AS DOUBLE)},
        {column_name: 'volume_quote', ours: own_bars.volume_quote,
         theirs: TRY_CAST(theirs.volume_quote AS DOUBLE)},
        {column_name: 'taker_buy_base', ours: own_bars.taker_buy_base,
         theirs: TRY_CAST(theirs.taker_buy_base AS DOUBLE)},
        {column_name: 'taker_buy_quote', ours: own_bars.taker_buy_quote,
         theirs: TRY_CAST(theirs.taker_buy_quote AS DOUBLE)},
        {column_name: 'trade_count', ours: own_bars.trade_count::DOUBLE,
         theirs: theirs.trade_count::DOUBLE}
    ], recursive := true)
    FROM own_bars
    JOIN theirs USING (second)
)
SELECT second, column_name, ours, theirs, 'difference' AS kind
FROM pairs, rounding
WHERE ours IS DISTINCT FROM theirs
  AND NOT coalesce(
      rounding.is_needed
          AND column_name IN ('volume_quote', 'taker_buy_quote')
          AND abs(ours - theirs) <= 1e-8 * trades + 2.3e-16 * abs(theirs),
      false)
UNION ALL
SELECT second, 'trade_count', NULL, theirs.trade_count, 'missing_here'
FROM theirs
ANTI JOIN own_bars USING (second)
UNION ALL
SELECT second, 'trade_count', trade_count, NULL,
       CASE WHEN trade_count = 0 THEN 'maintenance' ELSE 'missing_there' END
FROM own_bars
ANTI JOIN theirs USING (second);
