-- How many decimals the prices of each symbol have: the most any of its last bars has. :whose says which ones.
-- In: exchange, symbol, from_day, to_day (inclusive), from_us.
SELECT exchange, symbol,
       max(length(rtrim(split_part(price::DECIMAL(38, 12)::VARCHAR, '.', 2), '0'))) AS price_decimals
FROM (
    SELECT exchange, symbol, unnest([close, coalesce(bid, close), coalesce(ask, close)]) AS price
    FROM bars_live
    WHERE :whose
      AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
      AND window_start >= make_timestamptz(getvariable('from_us'))
)
GROUP BY exchange, symbol
