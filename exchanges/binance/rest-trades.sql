-- Reads REST fills (/api/v3/trades, /api/v3/historicalTrades) of Binance spot as trades.
-- In:  frames of kind 'rest', msg one row or an array of rows.
-- Out: one frame per row, kind 'trade', source 'rest'; what cannot be read is kind 'bad'.
-- Payload: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-06-01.
INSERT INTO frames
WITH entries AS (
    SELECT part, recv, conn,
           unnest(CASE WHEN json_type(msg) = 'ARRAY' THEN json_extract(msg, '$[*]') ELSE [msg] END) AS msg
    FROM frames
    WHERE kind = 'rest'
),
typed AS (
    SELECT part, recv, conn, msg,
           try_cast(json_extract_string(msg, '$.id') AS BIGINT) AS trade_id,
           try_cast(json_extract_string(msg, '$.price') AS DECIMAL(18, 8)) AS price,
           exact_quantity(json_extract_string(msg, '$.qty')) AS quantity,
           epoch_us_of(try_cast(json_extract_string(msg, '$.time') AS BIGINT)) AS trade_us,
           try_cast(json_extract_string(msg, '$.isBuyerMaker') AS BOOLEAN) AS buyer_is_maker
    FROM entries
),
judged AS (
    SELECT *, is_trade(trade_id, price, quantity, trade_us, NULL::BIGINT, buyer_is_maker) IS TRUE AS good
    FROM typed
)
SELECT part, recv, conn, NULL AS event,
       CASE WHEN good THEN 'trade'::FRAME_KIND ELSE 'bad'::FRAME_KIND END AS kind,
       'rest'::TRADE_SOURCE AS source,
       trade_id, price, quantity, trade_us, NULL AS event_us, buyer_is_maker,
       NULL AS quote_us, NULL AS update_id, NULL AS bid, NULL AS bid_qty, NULL AS ask, NULL AS ask_qty,
       CASE WHEN NOT good THEN msg END AS msg
FROM judged;
