-- A day is a whole number of each of these intervals, so a filter on the day reaches the files.
CREATE VIEW :name AS
SELECT * EXCLUDE (day), day
FROM (
    :bucket_bars, day
    FROM (FROM :source SELECT *, epoch_us(window_start) // (CAST(:seconds AS BIGINT) * 1000000) AS bucket) AS bars
    GROUP BY bars.exchange, bars.symbol, bucket, day
);
