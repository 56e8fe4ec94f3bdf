-- The bars of the range [range_from, range_to), in seconds since the epoch, from range_trades,
-- range_quote_seconds (with the last one before the range) and the intervals in which the collector
-- was listening. See the data dictionary for what each column means.
CREATE OR REPLACE TEMP TABLE range_bars AS
WITH coverage AS (
    SELECT unnest(getvariable('coverage_from')) AS from_us, unnest(getvariable('coverage_to')) AS to_us
),
trade_seconds AS (
    SELECT second,
           arg_min(price, trade_id) AS open, max(price) AS high, min(price) AS low,
           arg_max(price, trade_id) AS close,
           sum(quantity) AS volume_base,
           sum(price * quantity) AS volume_quote,
           coalesce(sum(quantity) FILTER (NOT buyer_is_maker), 0) AS taker_buy_base,
           coalesce(sum(price * quantity) FILTER (NOT buyer_is_maker), 0) AS taker_buy_quote,
           count(*)::INTEGER AS trade_count,
           min(trade_id) AS first_trade_id, max(trade_id) AS last_trade_id,
           quantile_disc(recv - event_us, 0.5) FILTER (source = 'live') / 1000.0 AS latency_p50_ms,
           max(recv - event_us) FILTER (source = 'live') / 1000.0 AS latency_max_ms,
           count(*) FILTER (source <> 'live')::INTEGER AS backfilled
    FROM range_trades
    GROUP BY second
),
-- Runs of consecutive ids: every second from the first to the last trade of a run is observed. A step
-- of more than 30 days is taken for a damaged time and proves nothing.
runs AS (
    SELECT min(second) AS from_second, max(second) AS to_second
    FROM (
        SELECT second,
               sum((previous_id IS DISTINCT FROM trade_id - 1
                    OR abs(second - previous_second) > 2592000)::INTEGER)
                   OVER (ORDER BY trade_id ROWS UNBOUNDED PRECEDING) AS run
        FROM range_trades
    )
    GROUP BY run
),
-- Listening through the whole second.
covered AS (
    SELECT (from_us + 999999) // 1000000 AS from_second, to_us // 1000000 - 1 AS to_second
    FROM coverage
),
first_known AS (SELECT min(second) AS second FROM range_trades),
observed AS (
    SELECT DISTINCT unnest(range(
        greatest(from_second, getvariable('range_from'), (SELECT second FROM first_known)),
        least(to_second + 1, getvariable('range_to'))
    )) AS second
    FROM (SELECT * FROM runs UNION ALL SELECT * FROM covered)
    WHERE (SELECT second FROM first_known) IS NOT NULL
),
-- Seconds in which a missing trade may lie.
doubtful AS (
    SELECT DISTINCT unnest(range(
        greatest(least(previous_second, second), getvariable('range_from')),
        least(greatest(previous_second, second) + 1, getvariable('range_to'))
    )) AS second
    FROM range_trades
    WHERE previous_id <> trade_id - 1
)
SELECT getvariable('exchange') AS exchange,
       getvariable('symbol') AS symbol,
       second_start(observed.second) AS window_start,
       nearest_double(coalesce(own.open, carried.close)) AS open,
       nearest_double(coalesce(own.high, carried.close)) AS high,
       nearest_double(coalesce(own.low, carried.close)) AS low,
       nearest_double(carried.close) AS close,
       nearest_double(coalesce(own.volume_base, 0)) AS volume_base,
       coalesce(own.volume_quote, 0)::VARCHAR::DOUBLE AS volume_quote,
       nearest_double(coalesce(own.taker_buy_base, 0)) AS taker_buy_base,
       coalesce(own.taker_buy_quote, 0)::VARCHAR::DOUBLE AS taker_buy_quote,
       coalesce(own.trade_count, 0) AS trade_count,
       nearest_quotient(unscaled(own.volume_quote), unscaled(own.volume_base)) AS vwap,
       own.first_trade_id, own.last_trade_id,
       quote.bid, quote.bid_qty, quote.ask, quote.ask_qty, quote.spread,
       CASE WHEN quote.second = observed.second THEN quote.quote_count ELSE 0 END AS quote_count,
       CASE WHEN quote.second = observed.second THEN quote.spread_mean END AS spread_mean,
       own.latency_p50_ms, own.latency_max_ms,
       coalesce(own.backfilled, 0) AS backfilled,
       coalesce(coverage.to_us >= (observed.second + 1) * 1000000, false)
           AND doubtful.second IS NULL AS complete
FROM observed
LEFT JOIN trade_seconds AS own ON own.second = observed.second
ASOF LEFT JOIN trade_seconds AS carried ON observed.second >= carried.second
ASOF LEFT JOIN range_quote_seconds AS quote ON observed.second >= quote.second
ASOF LEFT JOIN coverage ON observed.second * 1000000 >= coverage.from_us
LEFT JOIN doubtful ON doubtful.second = observed.second;
