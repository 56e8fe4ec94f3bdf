-- Reads fills of Binance spot as trades, the fast way: lines whose msg is an array of rows, as REST answers
-- them (/api/v3/trades, /api/v3/historicalTrades, /api/v3/aggTrades) or with the same keys from the daily
-- archive. Rows are read as structs, some ten times as fast as JSON documents.
-- In:  getvariable('fill_paths'), the files; getvariable('fill_parts'), the number of each in the batch.
-- Out: rows added to frames: one frame per trade, source by connection. An aggregate of one trade is that
--      trade; one of several is none, and left out. What cannot be read is kind 'bad': its part is
--      read again by frames-any.sql and fills-any.sql, which must say the same of every row.
-- Payload: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-06-01.
INSERT INTO frames BY NAME
WITH lines AS (
    SELECT getvariable('fill_parts')[(file_index + 1)::BIGINT]::USMALLINT AS part, recv, conn, msg
    FROM read_json(
        getvariable('fill_paths'),
        format = 'newline_delimited', ignore_errors = true,
        columns = {
            recv: 'BIGINT', conn: 'VARCHAR', event: 'VARCHAR',
            msg: 'STRUCT(
                id BIGINT, price VARCHAR, qty VARCHAR, "time" BIGINT, isBuyerMaker BOOLEAN,
                p VARCHAR, q VARCHAR, f BIGINT, l BIGINT, "T" BIGINT, m BOOLEAN
            )[]'
        }
    )
    WHERE conn IN ('rest', 'archive') AND event IS NULL
),
entries AS (
    -- A line without rows to read becomes one of NULLs.
    SELECT part, recv, conn,
           unnest(CASE WHEN msg IS NULL THEN [NULL] ELSE msg END, max_depth := 2)
    FROM lines
),
typed AS (
    SELECT part, recv, conn, id IS NULL AND l > f AS is_aggregate,
           coalesce(id, CASE WHEN f = l THEN f END) AS trade_id,
           try_cast(CASE WHEN id IS NULL THEN p ELSE price END AS DECIMAL(18, 8)) AS price,
           exact_quantity(CASE WHEN id IS NULL THEN q ELSE qty END) AS quantity,
           epoch_us_of(CASE WHEN id IS NULL THEN "T" ELSE "time" END) AS trade_us,
           CASE WHEN id IS NULL THEN m ELSE isBuyerMaker END AS buyer_is_maker
    FROM entries
)
SELECT part, recv, conn, conn::TRADE_SOURCE AS source,
       CASE
           WHEN recv IS NOT NULL
               AND is_trade(trade_id, price, quantity, trade_us, NULL::BIGINT, buyer_is_maker)
               THEN 'trade'::FRAME_KIND
           ELSE 'bad'::FRAME_KIND
       END AS kind,
       trade_id, price, quantity, trade_us, buyer_is_maker
FROM typed
WHERE is_aggregate IS NOT TRUE;
