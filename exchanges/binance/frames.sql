-- Reads raw lines of Binance spot as trades and quotes: the fast way, for parts in which every line is
-- a control line, a combined-stream frame or a fill. A payload is read as a map, which costs half of a
-- JSON document; a line of any other shape becomes a row of NULLs, kind 'bad', and its part is read
-- again by frames-any.sql, which must say the same of every line that both can read.
-- In:  getvariable('part_paths'), the files. Out: rows added to frames, one per line; part counts from 1.
--      A line of kind 'rest' holds fills, which fills.sql reads.
INSERT INTO frames
WITH lines AS (
    SELECT (file_index + 1)::USMALLINT AS part,
           recv, conn, event, offset_us,
           CASE
               WHEN suffix(msg.stream, '@bookTicker') THEN 'quote'::FRAME_KIND
               WHEN suffix(msg.stream, '@trade') THEN 'trade'::FRAME_KIND
               WHEN msg.stream IS NOT NULL THEN 'other'::FRAME_KIND
               WHEN event IS NOT NULL THEN 'control'::FRAME_KIND
               WHEN conn IN ('rest', 'archive') THEN 'rest'::FRAME_KIND
               ELSE 'bad'::FRAME_KIND
           END AS kind,
           msg.data AS data
    FROM read_json(
        getvariable('part_paths'),
        format = 'newline_delimited', ignore_errors = true,
        columns = {
            recv: 'BIGINT', conn: 'VARCHAR', event: 'VARCHAR', offset_us: 'VARCHAR',
            msg: 'STRUCT(stream VARCHAR, data MAP(VARCHAR, VARCHAR))'
        }
    )
),
typed AS (
    SELECT part, recv, conn, event, offset_us, kind,
           CASE WHEN kind = 'trade' THEN try_cast(data['t'] AS BIGINT) END AS trade_id,
           CASE WHEN kind = 'trade' THEN try_cast(data['p'] AS DECIMAL(18, 8)) END AS price,
           CASE WHEN kind = 'trade' THEN exact_quantity(data['q']) END AS quantity,
           CASE WHEN kind = 'trade' THEN epoch_us_of(try_cast(data['T'] AS BIGINT)) END AS trade_us,
           CASE WHEN kind = 'trade' THEN epoch_us_of(try_cast(data['E'] AS BIGINT)) END AS event_us,
           CASE WHEN kind = 'trade' THEN try_cast(data['m'] AS BOOLEAN) END AS buyer_is_maker,
           CASE WHEN kind = 'quote' THEN try_cast(data['u'] AS BIGINT) END AS update_id,
           CASE WHEN kind = 'quote' THEN try_cast(data['b'] AS DECIMAL(18, 8)) END AS bid,
           CASE WHEN kind = 'quote' THEN try_cast(data['B'] AS DOUBLE) END AS bid_qty,
           CASE WHEN kind = 'quote' THEN try_cast(data['a'] AS DECIMAL(18, 8)) END AS ask,
           CASE WHEN kind = 'quote' THEN try_cast(data['A'] AS DOUBLE) END AS ask_qty
    FROM lines
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
       trade_id, price, quantity, trade_us, event_us, buyer_is_maker,
       CASE WHEN kind = 'quote' THEN recv END AS quote_us,
       update_id, bid, bid_qty, ask, ask_qty,
       NULL AS msg,
       measured_offset_us(event, offset_us) AS clock_offset_us
FROM judged;
