-- What each connection of each part delivered and when it was listening, one row per part and
-- connection: by receive time, and by the event times of its trades. `opened` and `closed` say whether
-- the connection began or ended inside the part; where it did not, it goes on in the part before or
-- after. Unreadable lines without a connection are counted under a NULL one.
WITH kinds AS (
    SELECT part, conn, kind, NULL AS event,
           count(*) AS lines,
           min(recv) AS first_recv, max(recv) AS last_recv,
           min(quote_us) AS first_quote_us, max(quote_us) AS last_quote_us
    FROM frames
    WHERE kind <> 'control'
    GROUP BY part, conn, kind
    UNION ALL
    SELECT part, conn, kind, event, 1, recv, recv, NULL, NULL
    FROM frames
    WHERE kind = 'control'
),
trades AS (
    SELECT part, conn,
           min(trade_us) AS first_trade_us, max(trade_us) AS last_trade_us,
           min(event_us) AS first_event_us, max(event_us) AS last_event_us
    FROM frames
    WHERE kind = 'trade'
    GROUP BY part, conn
),
-- Exchange time minus receive time, the middle of the part's live trades.
offsets AS (
    SELECT part, quantile_disc(event_us - recv, 0.5) AS clock_offset_us
    FROM frames
    WHERE kind = 'trade' AND source = 'live'
    GROUP BY part
)
SELECT part, conn,
       coalesce(sum(lines) FILTER (kind IN ('trade', 'quote', 'other')), 0)::BIGINT AS frames,
       coalesce(sum(lines) FILTER (kind = 'bad'), 0)::BIGINT AS lines_quarantined,
       min(first_quote_us) FILTER (kind = 'quote') AS first_quote_us,
       max(last_quote_us) FILTER (kind = 'quote') AS last_quote_us,
       any_value(first_trade_us) AS first_trade_us,
       any_value(last_trade_us) AS last_trade_us,
       coalesce(max(last_recv) FILTER (event = 'subscribed'), min(first_recv)) AS from_us,
       coalesce(min(first_recv) FILTER (event = 'close'), max(last_recv)) AS to_us,
       any_value(first_event_us) AS first_event_us,
       any_value(last_event_us) AS last_event_us,
       count(*) FILTER (event IN ('open', 'subscribed')) > 0 AS opened,
       count(*) FILTER (event = 'close') > 0 AS closed,
       -- An attempt that never came to a subscription was not listening.
       -- REST answers come over no connection that listens.
       -- Nor does one listen for days within a part: such times come from damaged lines.
       conn NOT IN ('rest', 'archive')
           AND max(last_recv) - min(first_recv) < 172800000000
           AND count(*) FILTER (event IN ('subscribed', 'listening')
                                OR kind IN ('trade', 'quote', 'other')) > 0 AS listening,
       any_value(clock_offset_us) AS clock_offset_us
FROM kinds
LEFT JOIN trades USING (part, conn)
LEFT JOIN offsets USING (part)
GROUP BY part, conn
ORDER BY part, conn NULLS FIRST;
