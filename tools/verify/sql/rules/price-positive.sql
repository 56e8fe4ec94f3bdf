-- Every price is above zero.
CREATE OR REPLACE TEMP VIEW offenders AS
SELECT window_start::VARCHAR AS place,
       format('open {} high {} low {} close {} bid {} ask {}', open, high, low, close, bid, ask) AS detail,
       -least(open, high, low, close, bid, ask) AS weight
FROM stored_bars
WHERE (least(open, high, low, close) > 0) IS NOT TRUE OR least(bid, ask) < 0;
