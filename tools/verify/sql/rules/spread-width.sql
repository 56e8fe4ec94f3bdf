-- The spread is below 5 % of the middle in 99.9 % of the rows that have one. Where a price has two digits, no
-- spread is: up to three of the smallest steps a price can make are no offence.
CREATE OR REPLACE TEMP VIEW offenders AS
WITH spreads AS MATERIALIZED (
    SELECT window_start, bid, ask, CASE WHEN ask - bid > 3.5e-8 THEN (ask - bid) / ((ask + bid) / 2) ELSE 0 END AS share
    FROM stored_bars
    WHERE bid + ask > 0
)
SELECT window_start::VARCHAR AS place,
       format('bid {} ask {}, {:.1f} % of the middle', bid, ask, share * 100) AS detail,
       share AS weight
FROM spreads
WHERE share >= 0.05 AND (SELECT avg((share >= 0.05)::INTEGER) FROM spreads) > 0.001;
