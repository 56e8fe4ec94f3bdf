-- What raw parts say that no run has transformed yet: a row of the part being written replaces one of the sealed
-- parts. Exchange and symbol come from the path, so that a filter on them keeps files from being read.
-- The first file of a list is opened when a query is planned, and by its name once more when it runs (duckdb 1.5.5):
-- it is one that is never replaced. The part being written is read once, for the same second is in both layers.
CREATE VIEW :name AS
WITH opened AS MATERIALIZED (
    SELECT string_split(filename, '/')[-3] AS exchange, string_split(filename, '/')[-2] AS symbol,
           * EXCLUDE (exchange, symbol, filename),
           CAST(make_timestamp(epoch_us(:time)) AS DATE) AS day
    FROM read_parquet([:empty, :open], filename = true, hive_partitioning = false)
),
sealed AS NOT MATERIALIZED (
    SELECT string_split(filename, '/')[-3] AS exchange, string_split(filename, '/')[-2] AS symbol,
           * EXCLUDE (exchange, symbol, filename),
           CAST(make_timestamp(epoch_us(:time)) AS DATE) AS day
    FROM read_parquet([:empty, :sealed], filename = true, hive_partitioning = false)
)
SELECT sealed.*
FROM sealed
ANTI JOIN opened
    ON opened.exchange = sealed.exchange AND opened.symbol = sealed.symbol AND opened.:key = sealed.:key
UNION ALL
FROM opened;
