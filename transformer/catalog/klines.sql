-- Our bars beside the exchange's own klines.

CREATE VIEW kline_checks AS
SELECT exchange, symbol, day,
       CASE WHEN reconcile IS NULL THEN 'not compared'
            WHEN reconcile.differences + reconcile.missing_here + reconcile.missing_there > 0 THEN 'different'
            ELSE 'equal' END AS verdict,
       CAST(reconcile.checked_at AS TIMESTAMPTZ) AS checked_at,
       reconcile.source AS source,
       reconcile.seconds_compared AS seconds_compared,
       reconcile.differences AS differences,
       reconcile.missing_here AS missing_here,
       reconcile.missing_there AS missing_there,
       reconcile.defects AS defects,
       reconcile.resolved AS resolved
FROM manifests;

CREATE MACRO kline_differences(symbol, start, stop) AS TABLE
WITH found AS (
    SELECT * FROM reconcile
    WHERE (symbol IS NULL OR reconcile.symbol = symbol)
        AND is_within(reconcile.day, reconcile.window_start, start, stop)
),
bars AS (
    SELECT * FROM bars_1s
    WHERE (symbol IS NULL OR bars_1s.symbol = symbol)
        AND is_within(bars_1s.day, bars_1s.window_start, start, stop)
)
SELECT found.exchange, found.symbol, found.window_start, column_name,
       ours AS ours_then,
       CASE column_name
           WHEN 'open' THEN bars.open WHEN 'high' THEN bars.high
           WHEN 'low' THEN bars.low WHEN 'close' THEN bars.close
           WHEN 'volume_base' THEN bars.volume_base WHEN 'volume_quote' THEN bars.volume_quote
           WHEN 'taker_buy_base' THEN bars.taker_buy_base WHEN 'taker_buy_quote' THEN bars.taker_buy_quote
           WHEN 'trade_count' THEN bars.trade_count
       END AS ours_now,
       theirs, kind, state, checked_at
FROM found
LEFT JOIN bars
    ON bars.exchange = found.exchange AND bars.symbol = found.symbol AND bars.window_start = found.window_start;
