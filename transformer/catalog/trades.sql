CREATE VIEW trades AS
SELECT string_split(filename, '/')[-6] AS exchange,
       string_split(filename, '/')[-5] AS symbol,
       trade_id, price, quantity, quote_quantity, buyer_is_maker, trade_time, recv_time, source, event_time,
       price_text, quantity_text,
       make_date(year, month, day) AS day
FROM read_parquet(
    :paths, filename = true, union_by_name = :is_mixed,
    hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT, day: BIGINT}
);
