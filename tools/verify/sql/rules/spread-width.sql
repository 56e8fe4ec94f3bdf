-- The spread is below 5 % of the middle in 99.9 % of the rows that have one.
CREATE OR REPLACE TEMP VIEW offenders AS
WITH spreads AS MATERIALIZED (
    SELECT window_start, bid, ask, (ask - bid) / ((ask + bid) / 2) AS share
    FROM stored_bars
    WHERE bid + ask > 0
)
SELECT window_start::VARCHAR AS place,
       format('bid {} ask {}, {:.1f} % of the middle', bid, ask, share * 100) AS detail,
       share AS weight
FROM spreads
WHERE share >= 0.05 AND (SELECT avg((share >= 0.05)::INTEGER) FROM spreads) > 0.001;
