-- How many decimals the prices of each symbol have: the most any of the last bars of its files has. Exchange and symbol
-- come from the path of a file: of a partition, or of the live tail.
-- In: paths; from_us, before when there is nothing to look at; span_us, how much of the end of each file is.
WITH prices AS (
    SELECT filename, window_start, unnest([close, coalesce(bid, close), coalesce(ask, close)]) AS price
    FROM read_parquet(getvariable('paths'), filename = true, union_by_name = true, hive_partitioning = false)
    WHERE window_start >= make_timestamptz(getvariable('from_us'))
)
SELECT split_path[CASE WHEN split_path[-2] LIKE 'day=%' THEN -6 ELSE -3 END] AS exchange,
       split_path[CASE WHEN split_path[-2] LIKE 'day=%' THEN -5 ELSE -2 END] AS symbol,
       max(length(rtrim(split_part(price::DECIMAL(38, 12)::VARCHAR, '.', 2), '0'))) AS price_decimals
FROM (
    SELECT string_split(filename, '/') AS split_path, price, window_start,
           max(window_start) OVER (PARTITION BY filename) AS last_start
    FROM prices
)
WHERE epoch_us(window_start) >= epoch_us(last_start) - getvariable('span_us')
GROUP BY ALL
