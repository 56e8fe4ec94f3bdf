-- Reads raw lines of Binance spot as trades and quotes: the general way, for parts that hold lines
-- frames.sql or fills.sql cannot read. Every payload is read as a JSON document.
-- In:  getvariable('odd_paths'), the files; getvariable('odd_parts'), the number of each in the batch;
--      getvariable('longest_line'), bytes of the longest line in them, at least: memory is taken by it.
-- Out: rows added to frames, one per line; msg is kept where it is needed again ('rest' holds a row of fills)
--      or goes to quarantine ('bad'). 'other' is a stream that feeds no dataset.
-- Payloads: github.com/binance/binance-spot-api-docs, web-socket-streams.md, 2026-06-09. Times are
-- milliseconds (13 digits) or microseconds (16 digits) and told apart by size. bookTicker has no
-- exchange time, so a quote's time is the receive time.
INSERT INTO frames
WITH fields AS (
    SELECT getvariable('odd_parts')[(file_index + 1)::BIGINT]::USMALLINT AS part,
           recv, conn, event, offset_us, msg,
           json_extract_string(msg, [
               '$.stream',
               '$.data.t', '$.data.p', '$.data.q', '$.data.T', '$.data.E', '$.data.m',
               '$.data.u', '$.data.b', '$.data.B', '$.data.a', '$.data.A'
           ]) AS f
    FROM read_json(
        getvariable('odd_paths'),
        format = 'newline_delimited', ignore_errors = true,
        maximum_object_size = getvariable('longest_line') * 4,
        columns = {
            recv: 'BIGINT', conn: 'VARCHAR', event: 'VARCHAR', offset_us: 'VARCHAR', msg: 'JSON'
        }
    )
),
typed AS (
    SELECT part, recv, conn, event, offset_us, msg,
           CASE
               WHEN suffix(f[1], '@bookTicker') THEN 'quote'::FRAME_KIND
               WHEN suffix(f[1], '@trade') THEN 'trade'::FRAME_KIND
               WHEN f[1] IS NOT NULL THEN 'other'::FRAME_KIND
               WHEN event IS NOT NULL THEN 'control'::FRAME_KIND
               WHEN conn IN ('rest', 'archive') AND msg IS NOT NULL THEN 'rest'::FRAME_KIND
               ELSE 'bad'::FRAME_KIND
           END AS kind,
           try_cast(f[2] AS BIGINT) AS trade_id,
           try_cast(f[3] AS DECIMAL(18, 8)) AS price,
           exact_quantity(f[4]) AS quantity,
           epoch_us_of(try_cast(f[5] AS BIGINT)) AS trade_us,
           epoch_us_of(try_cast(f[6] AS BIGINT)) AS event_us,
           try_cast(f[7] AS BOOLEAN) AS buyer_is_maker,
           try_cast(f[8] AS BIGINT) AS update_id,
           try_cast(f[9] AS DECIMAL(18, 8)) AS bid,
           try_cast(f[10] AS DOUBLE) AS bid_qty,
           try_cast(f[11] AS DECIMAL(18, 8)) AS ask,
           try_cast(f[12] AS DOUBLE) AS ask_qty
    FROM fields
),
judged AS (
    SELECT * REPLACE (judge_frame(
        kind, recv, conn, trade_id, price, quantity, trade_us, event_us, buyer_is_maker,
        update_id, bid, bid_qty, ask, ask_qty
    ) AS kind)
    FROM typed
)
SELECT part, recv, conn, event, kind,
       CASE WHEN kind = 'trade' THEN 'live'::TRADE_SOURCE END AS source,
       CASE WHEN kind = 'trade' THEN trade_id END AS trade_id,
       CASE WHEN kind = 'trade' THEN price END AS price,
       CASE WHEN kind = 'trade' THEN quantity END AS quantity,
       CASE WHEN kind = 'trade' THEN trade_us END AS trade_us,
       CASE WHEN kind = 'trade' THEN event_us END AS event_us,
       CASE WHEN kind = 'trade' THEN buyer_is_maker END AS buyer_is_maker,
       CASE WHEN kind = 'quote' THEN recv END AS quote_us,
       CASE WHEN kind = 'quote' THEN update_id END AS update_id,
       CASE WHEN kind = 'quote' THEN bid END AS bid,
       CASE WHEN kind = 'quote' THEN bid_qty END AS bid_qty,
       CASE WHEN kind = 'quote' THEN ask END AS ask,
       CASE WHEN kind = 'quote' THEN ask_qty END AS ask_qty,
       CASE WHEN kind IN ('bad', 'rest') THEN msg END AS msg,
       measured_offset_us(event, offset_us) AS clock_offset_us
FROM judged;
