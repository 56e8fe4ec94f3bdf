CREATE VIEW reconcile AS
SELECT string_split(filename, '/')[-6] AS exchange,
       string_split(filename, '/')[-5] AS symbol,
       window_start, column_name, ours, theirs, kind, state, checked_at,
       make_date(year, month, day) AS day
FROM read_parquet(
    :paths, filename = true, union_by_name = :is_mixed,
    hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT, day: BIGINT}
);
