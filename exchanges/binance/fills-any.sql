-- Reads fills of Binance spot as trades, the general way: every row as a JSON document.
-- In:  frames of kind 'rest', msg one row each; without msg they are lines that fills.sql has read.
-- Out: rows added to frames: kind 'trade', source by connection; what cannot be read is kind 'bad'. What
--      rows there are, and which are no trades, says fills.sql.
INSERT INTO frames BY NAME
WITH fields AS (
    SELECT part, recv, conn, msg,
           json_extract_string(msg, [
               '$.id', '$.price', '$.qty', '$.time', '$.isBuyerMaker',
               '$.f', '$.l', '$.p', '$.q', '$.T', '$.m'
           ]) AS f
    FROM frames
    WHERE kind = 'rest' AND msg IS NOT NULL
),
typed AS (
    SELECT part, recv, conn, msg,
           f[1] IS NULL AND try_cast(f[7] AS BIGINT) > try_cast(f[6] AS BIGINT) AS is_aggregate,
           try_cast(coalesce(f[1], CASE WHEN f[6] = f[7] THEN f[6] END) AS BIGINT) AS trade_id,
           try_cast(CASE WHEN f[1] IS NULL THEN f[8] ELSE f[2] END AS DECIMAL(18, 8)) AS price,
           exact_quantity(CASE WHEN f[1] IS NULL THEN f[9] ELSE f[3] END) AS quantity,
           epoch_us_of(try_cast(CASE WHEN f[1] IS NULL THEN f[10] ELSE f[4] END AS BIGINT)) AS trade_us,
           try_cast(CASE WHEN f[1] IS NULL THEN f[11] ELSE f[5] END AS BOOLEAN) AS buyer_is_maker
    FROM fields
),
judged AS (
    SELECT *, is_trade(trade_id, price, quantity, trade_us, NULL::BIGINT, buyer_is_maker) IS TRUE AS good
    FROM typed
    WHERE is_aggregate IS NOT TRUE
)
SELECT part, recv, conn, conn::TRADE_SOURCE AS source,
       CASE WHEN good THEN 'trade'::FRAME_KIND ELSE 'bad'::FRAME_KIND END AS kind,
       trade_id, price, quantity, trade_us, buyer_is_maker,
       CASE WHEN NOT good THEN msg END AS msg
FROM judged;
