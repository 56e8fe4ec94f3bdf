-- The lake with its tail laid over it: a row of the tail replaces one of the lake, or takes it away where it has no
-- value. What lies before all of the tail, nearly everything, is not looked up in it. A filter on symbol or day
-- reaches the files of the lake.
-- The tail is read once, and before the lake: a run publishes to the lake and renews the tail after it, so what is
-- no longer in the one is in the other, and nothing is doubled or missing in between.
CREATE VIEW :name AS
WITH tail AS MATERIALIZED (FROM :tail)
SELECT lake.*
FROM :lake AS lake
WHERE coalesce(:key < (SELECT min(:key) FROM tail), true)
UNION ALL
SELECT lake.*
FROM :lake AS lake
ANTI JOIN tail
    ON tail.exchange = lake.exchange AND tail.symbol = lake.symbol AND tail.:key = lake.:key
WHERE lake.:key >= (SELECT min(:key) FROM tail)
UNION ALL
FROM tail
WHERE :value IS NOT NULL;
