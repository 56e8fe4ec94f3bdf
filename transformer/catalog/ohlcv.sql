CREATE MACRO :name(symbol, "interval", start, stop) AS TABLE
:bucket_bars
FROM (
    SELECT bars.*, interval_number(bars.window_start, "interval") AS bucket
    FROM :source AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
) AS bars
GROUP BY bars.exchange, bars.symbol, bucket;
