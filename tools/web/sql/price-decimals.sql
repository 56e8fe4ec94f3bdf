-- How many decimals the prices of a symbol have: the most any of its last bars has.
-- In: exchange, symbol, from_day, to_day (inclusive), from_us.
SELECT max(length(rtrim(split_part(close::DECIMAL(38, 12)::VARCHAR, '.', 2), '0'))) AS price_decimals
FROM (
    SELECT unnest([close, coalesce(bid, close), coalesce(ask, close)]) AS close
    FROM bars_live
    WHERE exchange = getvariable('exchange') AND symbol = getvariable('symbol')
      AND day BETWEEN getvariable('from_day')::DATE AND getvariable('to_day')::DATE
      AND window_start >= make_timestamptz(getvariable('from_us'))
)
