-- What each connection of each part delivered and when it was listening, one row per part and
-- connection: by receive time, and by the event times of its trades. `opened` and `closed` say whether
-- the connection began or ended inside the part; where it did not, it goes on in the part before or
-- after. Unreadable lines without a connection are counted under a NULL one.
SELECT part, conn,
       count(*) FILTER (kind IN ('trade', 'quote', 'other')) AS frames,
       count(*) FILTER (kind = 'bad') AS lines_quarantined,
       min(quote_us) AS first_quote_us, max(quote_us) AS last_quote_us,
       min(trade_us) FILTER (kind = 'trade') AS first_trade_us,
       max(trade_us) FILTER (kind = 'trade') AS last_trade_us,
       coalesce(max(recv) FILTER (event = 'subscribed'), min(recv)) AS from_us,
       coalesce(min(recv) FILTER (event = 'close'), max(recv)) AS to_us,
       min(event_us) FILTER (source = 'live') AS first_event_us,
       max(event_us) FILTER (source = 'live') AS last_event_us,
       count(*) FILTER (event IN ('open', 'subscribed')) > 0 AS opened,
       count(*) FILTER (event = 'close') > 0 AS closed,
       -- An attempt that never came to a subscription was not listening.
       -- REST answers come over no connection that listens.
       -- Nor does one listen for days within a part: such times come from damaged lines.
       conn NOT IN ('rest', 'archive')
           AND max(recv) - min(recv) < 172800000000
           AND count(*) FILTER (event IN ('subscribed', 'listening')
                                OR kind IN ('trade', 'quote', 'other')) > 0 AS listening,
       -- Exchange time minus receive time, the middle of the live trades.
       quantile_disc(event_us - recv, 0.5) FILTER (source = 'live') AS clock_offset_us
FROM frames
GROUP BY part, conn
ORDER BY part, conn NULLS FIRST;
