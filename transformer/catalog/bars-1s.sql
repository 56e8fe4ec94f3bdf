-- Exchange, symbol and day come from the path of a file, so that a filter on them keeps files from being read.
CREATE VIEW bars_1s AS
SELECT string_split(filename, '/')[-6] AS exchange,
       string_split(filename, '/')[-5] AS symbol,
       window_start, open, high, low, close,
       volume_base, volume_quote, taker_buy_base, taker_buy_quote, trade_count, vwap,
       first_trade_id, last_trade_id,
       bid, bid_qty, ask, ask_qty, spread, quote_count, spread_mean,
       latency_p50_ms, latency_max_ms, backfilled, complete, provenance, clock_offset_ms,
       make_date(year, month, day) AS day
FROM read_parquet(
    :paths, filename = true, union_by_name = :is_mixed,
    hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT, day: BIGINT}
);
