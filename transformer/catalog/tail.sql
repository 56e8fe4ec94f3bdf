-- What raw parts say that no run has transformed yet: a row of the part being written replaces one of the sealed
-- parts. Exchange and symbol come from the path, so that a filter on them keeps files from being read.
CREATE VIEW :name AS
WITH opened AS NOT MATERIALIZED (
    SELECT string_split(filename, '/')[-3] AS exchange, string_split(filename, '/')[-2] AS symbol,
           * EXCLUDE (exchange, symbol, filename),
           CAST(make_timestamp(epoch_us(:time)) AS DATE) AS day
    FROM read_parquet(:open, filename = true, hive_partitioning = false)
),
sealed AS NOT MATERIALIZED (
    SELECT string_split(filename, '/')[-3] AS exchange, string_split(filename, '/')[-2] AS symbol,
           * EXCLUDE (exchange, symbol, filename),
           CAST(make_timestamp(epoch_us(:time)) AS DATE) AS day
    FROM read_parquet(:sealed, filename = true, hive_partitioning = false)
)
SELECT sealed.*
FROM sealed
ANTI JOIN opened
    ON opened.exchange = sealed.exchange AND opened.symbol = sealed.symbol AND opened.:key = sealed.:key
UNION ALL
FROM opened;
