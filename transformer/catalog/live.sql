-- The lake with its tail laid over it: a row of the tail replaces one of the lake. The tail is small, and is what
-- is looked up in memory; a filter on symbol or day reaches the files of both.
CREATE VIEW :name AS
SELECT lake.*
FROM :lake AS lake
ANTI JOIN :tail AS tail
    ON tail.exchange = lake.exchange AND tail.symbol = lake.symbol AND tail.:key = lake.:key
UNION ALL
FROM :tail;
