-- bid <= ask, bid and ask come together, and spread is their difference.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       format('bid {} ask {} spread {}', bid, ask, spread) AS detail,
       bid - ask AS weight
FROM stored_bars
WHERE bid > ask
   OR (bid IS NULL) <> (ask IS NULL)
   OR (spread IS NULL) <> (bid IS NULL)
   OR abs(spread - (ask - bid)) > 1e-8 + 1e-12 * ask;
