-- The bars of the range [range_from, range_to), in seconds since the epoch, from range_trades,
-- range_quote_seconds (with the last one before the range), the intervals in which the collector was
-- listening, and those in which an offset of the clock held. See the data dictionary for what each column means.
CREATE OR REPLACE TEMP TABLE range_bars AS
WITH coverage AS (
    SELECT unnest(getvariable('coverage_from')) AS from_us, unnest(getvariable('coverage_to')) AS to_us
),
clock AS (
    SELECT unnest(getvariable('clock_from')) AS from_us, unnest(getvariable('clock_to')) AS to_us,
           unnest(getvariable('clock_offset')) AS offset_us
),
sums AS (
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
           count(*) FILTER (source <> 'live')::INTEGER AS backfilled,
           max(source) AS provenance
    FROM range_trades
    GROUP BY second
),
-- The nearest double to the quotient of the exact sums. Brought to whole numbers of at most 15 digits,
-- both are doubles and one division rounds correctly, which is nearly always; else by long division.
texts AS (
    SELECT *, rtrim(volume_quote::VARCHAR, '0') AS quote_text, rtrim(volume_base::VARCHAR, '0') AS base_text
    FROM sums
),
digits AS (
    SELECT * EXCLUDE (quote_text, base_text),
           replace(quote_text, '.', '') AS quote_digits, replace(base_text, '.', '') AS base_digits,
           -- How many more decimals the one has than the other.
           (length(quote_text) - position('.' IN quote_text))
               - (length(base_text) - position('.' IN base_text)) AS more_decimals
    FROM texts
),
whole AS (
    SELECT * EXCLUDE (quote_digits, base_digits, more_decimals),
           rpad(quote_digits, (length(quote_digits) + greatest(-more_decimals, 0))::INTEGER, '0')
               AS whole_quote,
           rpad(base_digits, (length(base_digits) + greatest(more_decimals, 0))::INTEGER, '0')
               AS whole_base
    FROM digits
),
trade_seconds AS (
    SELECT * EXCLUDE (whole_quote, whole_base),
           CASE
               WHEN length(whole_quote) <= 15 AND length(whole_base) <= 15
                   THEN whole_quote::DOUBLE / whole_base::DOUBLE
               ELSE nearest_quotient(unscaled(volume_quote), unscaled(volume_base))
           END AS vwap
    FROM whole
),
-- Between two consecutive ids every second is observed. A step of more than 30 days is taken for a
-- damaged time and proves nothing.
proven AS (
    SELECT second AS from_second, second AS to_second FROM trade_seconds
    UNION ALL
    SELECT least(previous_second, second), greatest(previous_second, second)
    FROM range_trades
    WHERE previous_id = trade_id - 1
      AND abs(second - previous_second) BETWEEN 2 AND 2592000
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
    FROM (SELECT * FROM proven UNION ALL SELECT * FROM covered)
    WHERE (SELECT second FROM first_known) IS NOT NULL
),
-- Seconds in which a missing trade may lie.
gaps AS (
    SELECT least(previous_second, second) AS from_second,
           greatest(previous_second, second) AS to_second
    FROM range_trades
    WHERE previous_id <> trade_id - 1
),
-- From the seconds observed, not from the gaps: a gap may be years long.
doubtful AS (
    SELECT DISTINCT observed.second
    FROM observed
    JOIN gaps ON observed.second BETWEEN gaps.from_second AND gaps.to_second
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
       own.vwap,
       own.first_trade_id, own.last_trade_id,
       quote.bid, quote.bid_qty, quote.ask, quote.ask_qty, quote.spread,
       CASE WHEN quote.second = observed.second THEN quote.quote_count ELSE 0 END AS quote_count,
       CASE WHEN quote.second = observed.second THEN quote.spread_mean END AS spread_mean,
       own.latency_p50_ms, own.latency_max_ms,
       coalesce(own.backfilled, 0) AS backfilled,
       coalesce(coverage.to_us >= (observed.second + 1) * 1000000, false)
           AND doubtful.second IS NULL AS complete,
       coalesce(own.provenance::VARCHAR, 'flat') AS provenance,
       CASE WHEN clock.to_us > observed.second * 1000000 THEN clock.offset_us / 1000.0 END
           AS clock_offset_ms
FROM observed
LEFT JOIN trade_seconds AS own ON own.second = observed.second
ASOF LEFT JOIN trade_seconds AS carried ON observed.second >= carried.second
ASOF LEFT JOIN range_quote_seconds AS quote ON observed.second >= quote.second
ASOF LEFT JOIN coverage ON observed.second * 1000000 >= coverage.from_us
ASOF LEFT JOIN clock ON (observed.second + 1) * 1000000 > clock.from_us
LEFT JOIN doubtful ON doubtful.second = observed.second;
