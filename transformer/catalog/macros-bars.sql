-- Questions that bars answer. Where seconds are missing the answer is of those that are there, and not complete.

CREATE MACRO vwap(symbol, "interval", start, stop) AS TABLE
SELECT exchange, bars.symbol, window_start, vwap, volume_base, volume_quote,
       CAST(sum(CAST(volume_quote AS DECIMAL(38, 8))) OVER since_start AS DOUBLE)
           / nullif(CAST(sum(CAST(volume_base AS DECIMAL(38, 8))) OVER since_start AS DOUBLE), 0) AS vwap_since_start,
       seconds, complete,
       bool_and(complete) OVER since_start
           AND interval_number(window_start, "interval")
               - min(interval_number(window_start, "interval")) OVER since_start + 1 = count(*) OVER since_start
           AS complete_since_start
FROM ohlcv(symbol, "interval", start, stop) AS bars
WINDOW since_start AS (PARTITION BY exchange, bars.symbol ORDER BY window_start);

CREATE MACRO volume_by_hour(symbol, start, stop) AS TABLE
SELECT exchange, bars.symbol, hour,
       CAST(sum(CAST(volume_base AS DECIMAL(38, 8))) AS DOUBLE) AS volume_base,
       CAST(sum(CAST(volume_quote AS DECIMAL(38, 8))) AS DOUBLE) AS volume_quote,
       CAST(sum(CAST(taker_buy_base AS DECIMAL(38, 8))) AS DOUBLE) AS taker_buy_base,
       CAST(sum(trade_count) AS BIGINT) AS trade_count,
       count(*) AS seconds,
       100 * CAST(sum(CAST(volume_quote AS DECIMAL(38, 8))) AS DOUBLE)
           / nullif(CAST(sum(sum(CAST(volume_quote AS DECIMAL(38, 8)))) OVER (PARTITION BY exchange, bars.symbol) AS DOUBLE), 0)
           AS share_percent,
       count(DISTINCT bars.day) AS days,
       bool_and(complete) AND count(*) = 3600 * count(DISTINCT bars.day) AS complete
FROM (
    SELECT bars.*, CAST(epoch_us(window_start) // 3600000000 % 24 AS INTEGER) AS hour
    FROM bars_1s AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
) AS bars
GROUP BY exchange, bars.symbol, hour;

CREATE MACRO spread_stats(symbol, "interval", start, stop) AS TABLE
SELECT exchange, bars.symbol,
       interval_start(bucket, "interval") AS window_start,
       avg(CAST(spread AS DECIMAL(38, 8))) AS spread_mean,
       median(spread) AS spread_median,
       quantile_cont(spread, 0.95) AS spread_p95,
       min(spread) AS spread_min,
       max(spread) AS spread_max,
       avg(CAST(20000 * spread / (bid + ask) AS DECIMAL(38, 12))) AS spread_mean_bps,
       CAST(sum(CAST(spread_mean * quote_count AS DECIMAL(38, 12))) AS DOUBLE) / nullif(sum(quote_count), 0)
           AS spread_mean_of_updates,
       CAST(sum(quote_count) AS BIGINT) AS quote_count,
       count(*) AS seconds,
       bool_and(complete) AND count(*) = interval_seconds("interval") AS complete
FROM (
    SELECT bars.*, interval_number(bars.window_start, "interval") AS bucket
    FROM bars_1s AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
        AND bid > 0 AND ask > 0
) AS bars
GROUP BY exchange, bars.symbol, bucket;

-- A close is the last one that was observed, so a return is complete where both its intervals are.
CREATE MACRO returns(symbol, "interval", start, stop) AS TABLE
SELECT exchange, bars.symbol, interval_start(bucket, "interval") AS window_start, close,
       CASE WHEN bucket - previous_bucket = 1 THEN ln(close / previous_close) END AS log_return,
       seconds,
       is_whole AND coalesce(bucket - previous_bucket = 1 AND previous_is_whole, true) AS complete
FROM (
    SELECT *,
           lag(bucket) OVER by_time AS previous_bucket,
           lag(close) OVER by_time AS previous_close,
           lag(is_whole) OVER by_time AS previous_is_whole
    FROM (
        SELECT exchange, bars.symbol, bucket, arg_max(close, bars.window_start) AS close, count(*) AS seconds,
               bool_and(complete) AND count(*) = interval_seconds("interval") AS is_whole
        FROM (
            SELECT bars.*, interval_number(bars.window_start, "interval") AS bucket
            FROM bars_1s AS bars
            WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
        ) AS bars
        GROUP BY exchange, bars.symbol, bucket
    ) AS bars
    WINDOW by_time AS (PARTITION BY exchange, bars.symbol ORDER BY bucket)
) AS bars;

-- A day is complete where it has all the intervals that begin in it and in [start, stop).
CREATE MACRO realised_volatility(symbol, "interval", start, stop) AS TABLE
SELECT exchange, steps.symbol, day,
       count(log_return) AS returns,
       CAST(sum(CAST(log_return * log_return AS DECIMAL(38, 24))) AS DOUBLE) AS realised_variance,
       sqrt(CAST(sum(CAST(log_return * log_return AS DECIMAL(38, 24))) AS DOUBLE)) AS realised_volatility,
       100 * sqrt(CAST(sum(CAST(log_return * log_return AS DECIMAL(38, 24))) AS DOUBLE)
           * (365 * 86400) / (count(log_return) * interval_seconds("interval"))) AS annualised_percent,
       bool_and(complete)
           AND count(*) = interval_number(least(utc_time(day + 1), utc_time(stop)) - INTERVAL 1 MICROSECOND, "interval")
               - interval_number(greatest(utc_time(day), utc_time(start)) - INTERVAL 1 MICROSECOND, "interval")
           AS complete
FROM (
    SELECT *, CAST(make_timestamp(epoch_us(window_start)) AS DATE) AS day
    FROM returns(symbol, "interval", start, stop)
) AS steps
GROUP BY exchange, steps.symbol, day
HAVING count(log_return) > 0;

CREATE MACRO correlation_matrix("interval", start, stop) AS TABLE
WITH steps AS MATERIALIZED (
    SELECT exchange, symbol, window_start, log_return, complete
    FROM returns(NULL, "interval", start, stop)
    WHERE log_return IS NOT NULL
)
SELECT a.exchange AS exchange_a, a.symbol AS symbol_a, b.exchange AS exchange_b, b.symbol AS symbol_b,
       count(*) AS returns,
       round(corr(a.log_return, b.log_return), 12) AS correlation,
       bool_and(a.complete AND b.complete)
           AND count(*) = 1 + interval_number(max(a.window_start), "interval")
               - interval_number(min(a.window_start), "interval") AS complete
FROM steps AS a
JOIN steps AS b ON a.window_start = b.window_start AND (a.exchange, a.symbol) < (b.exchange, b.symbol)
GROUP BY a.exchange, a.symbol, b.exchange, b.symbol;

CREATE MACRO correlation(symbol_a, symbol_b, "interval", start, stop) AS TABLE
SELECT a.exchange, a.symbol AS symbol_a, b.symbol AS symbol_b,
       count(*) AS returns,
       round(corr(a.log_return, b.log_return), 12) AS correlation,
       round(regr_slope(b.log_return, a.log_return), 12) AS beta,
       bool_and(a.complete AND b.complete)
           AND count(*) = 1 + interval_number(max(a.window_start), "interval")
               - interval_number(min(a.window_start), "interval") AS complete
FROM returns(symbol_a, "interval", start, stop) AS a
JOIN returns(symbol_b, "interval", start, stop) AS b
    ON a.exchange = b.exchange AND a.window_start = b.window_start
WHERE a.log_return IS NOT NULL AND b.log_return IS NOT NULL
GROUP BY a.exchange, a.symbol, b.symbol;
