-- The manifests beside the Parquet files: what a day of a symbol holds and what it lacks.
CREATE VIEW manifests AS
SELECT string_split(bars.filename, '/')[-6] AS exchange,
       string_split(bars.filename, '/')[-5] AS symbol,
       make_date(bars.year, bars.month, bars.day) AS day,
       revision, rows, bytes, sha256,
       CAST(first_second AS TIMESTAMPTZ) AS first_second,
       CAST(last_second AS TIMESTAMPTZ) AS last_second,
       -- Absent in manifests of version 0.1.
       CAST(coalesce("through", last_second) AS TIMESTAMPTZ) AS "through",
       seconds_covered, seconds_missing,
       first_trade_id, last_trade_id, missing_trade_ids,
       duplicates_removed, trades_filled, lines_quarantined,
       reconcile
FROM read_json(
    :paths, filename = true, format = 'unstructured', records = true,
    hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT, day: BIGINT},
    columns = {
        revision: 'BIGINT', rows: 'BIGINT', bytes: 'BIGINT', sha256: 'VARCHAR',
        first_second: 'VARCHAR', last_second: 'VARCHAR', "through": 'VARCHAR',
        seconds_covered: 'BIGINT', seconds_missing: 'VARCHAR[][]',
        first_trade_id: 'BIGINT', last_trade_id: 'BIGINT', missing_trade_ids: 'BIGINT[][]',
        duplicates_removed: 'BIGINT', trades_filled: 'BIGINT', lines_quarantined: 'BIGINT',
        reconcile: 'STRUCT(checked_at VARCHAR, source VARCHAR, seconds_compared BIGINT, differences BIGINT, missing_here BIGINT, missing_there BIGINT, defects BIGINT, resolved BIGINT)'
    }
) AS bars;
