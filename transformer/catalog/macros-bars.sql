-- Questions that bars answer.

CREATE MACRO vwap(symbol, "interval", start, stop) AS TABLE
SELECT exchange, bars.symbol, window_start, vwap, volume_base, volume_quote,
       CAST(sum(CAST(volume_quote AS DECIMAL(38, 8))) OVER since_start AS DOUBLE)
           / nullif(CAST(sum(CAST(volume_base AS DECIMAL(38, 8))) OVER since_start AS DOUBLE), 0) AS vwap_since_start
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
           AS share_percent
FROM (
    SELECT bars.*, CAST(epoch_us(window_start) // 3600000000 % 24 AS INTEGER) AS hour
    FROM bars_1s AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
) AS bars
GROUP BY exchange, bars.symbol, hour;

CREATE MACRO spread_stats(symbol, "interval", start, stop) AS TABLE
SELECT exchange, bars.symbol,
       to_timestamp(bucket * interval_seconds("interval")) AS window_start,
       avg(CAST(spread AS DECIMAL(38, 8))) AS spread_mean,
       median(spread) AS spread_median,
       quantile_cont(spread, 0.95) AS spread_p95,
       min(spread) AS spread_min,
       max(spread) AS spread_max,
       avg(CAST(20000 * spread / (bid + ask) AS DECIMAL(38, 12))) AS spread_mean_bps,
       CAST(sum(CAST(spread_mean * quote_count AS DECIMAL(38, 12))) AS DOUBLE) / nullif(sum(quote_count), 0)
           AS spread_mean_of_updates,
       CAST(sum(quote_count) AS BIGINT) AS quote_count,
       count(*) AS seconds
FROM (
    SELECT bars.*, epoch_us(bars.window_start) // (interval_seconds("interval") * 1000000) AS bucket
    FROM bars_1s AS bars
    WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
        AND bid > 0 AND ask > 0
) AS bars
GROUP BY exchange, bars.symbol, bucket;

CREATE MACRO returns(symbol, "interval", start, stop) AS TABLE
SELECT exchange, bars.symbol, window_start, close,
       CASE WHEN epoch_us(window_start) - lag(epoch_us(window_start)) OVER by_time
                 = interval_seconds("interval") * 1000000
            THEN ln(close / lag(close) OVER by_time) END AS log_return
FROM (
    SELECT exchange, bars.symbol, to_timestamp(bucket * interval_seconds("interval")) AS window_start,
           arg_max(close, bars.window_start) AS close
    FROM (
        SELECT bars.*, epoch_us(bars.window_start) // (interval_seconds("interval") * 1000000) AS bucket
        FROM bars_1s AS bars
        WHERE (symbol IS NULL OR bars.symbol = symbol) AND is_within(bars.day, bars.window_start, start, stop)
    ) AS bars
    GROUP BY exchange, bars.symbol, bucket
) AS bars
WINDOW by_time AS (PARTITION BY exchange, bars.symbol ORDER BY window_start);

CREATE MACRO realised_volatility(symbol, "interval", start, stop) AS TABLE
SELECT exchange, steps.symbol,
       CAST(make_timestamp(epoch_us(window_start)) AS DATE) AS day,
       count(log_return) AS returns,
       CAST(sum(CAST(log_return * log_return AS DECIMAL(38, 24))) AS DOUBLE) AS realised_variance,
       sqrt(CAST(sum(CAST(log_return * log_return AS DECIMAL(38, 24))) AS DOUBLE)) AS realised_volatility,
       100 * sqrt(CAST(sum(CAST(log_return * log_return AS DECIMAL(38, 24))) AS DOUBLE)
           * (365 * 86400) / (count(log_return) * interval_seconds("interval"))) AS annualised_percent
FROM returns(symbol, "interval", start, stop) AS steps
WHERE log_return IS NOT NULL
GROUP BY ALL;

CREATE MACRO correlation_matrix("interval", start, stop) AS TABLE
WITH steps AS MATERIALIZED (
    SELECT exchange, symbol, window_start, log_return
    FROM returns(NULL, "interval", start, stop)
    WHERE log_return IS NOT NULL
)
SELECT a.exchange AS exchange_a, a.symbol AS symbol_a, b.exchange AS exchange_b, b.symbol AS symbol_b,
       count(*) AS returns,
       round(corr(a.log_return, b.log_return), 12) AS correlation
FROM steps AS a
JOIN steps AS b ON a.window_start = b.window_start AND (a.exchange, a.symbol) < (b.exchange, b.symbol)
GROUP BY ALL;

CREATE MACRO correlation(symbol_a, symbol_b, "interval", start, stop) AS TABLE
SELECT a.exchange, a.symbol AS symbol_a, b.symbol AS symbol_b,
       count(*) AS returns,
       round(corr(a.log_return, b.log_return), 12) AS correlation,
       round(regr_slope(b.log_return, a.log_return), 12) AS beta
FROM returns(symbol_a, "interval", start, stop) AS a
JOIN returns(symbol_b, "interval", start, stop) AS b
    ON a.exchange = b.exchange AND a.window_start = b.window_start
WHERE a.log_return IS NOT NULL AND b.log_return IS NOT NULL
GROUP BY ALL;
