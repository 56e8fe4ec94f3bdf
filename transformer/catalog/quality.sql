-- How complete each day of each symbol is. What a day should hold is counted as the health page does: a symbol's
-- first day from its first second, the running day up to where it is known. A day between two others that has no
-- manifest is missing altogether.
CREATE VIEW quality AS
WITH folders AS (
    SELECT string_split(file, '/')[-6] AS exchange,
           string_split(file, '/')[-5] AS symbol,
           CAST(concat_ws('-', string_split(file, '/')[-4][6:], string_split(file, '/')[-3][7:],
                          string_split(file, '/')[-2][5:]) AS DATE) AS day
    FROM glob(:bars_manifests)
    -- Not what stands for the manifests of a lake without any.
    WHERE file LIKE '%/bars_1s.manifest.json'
),
known AS (
    SELECT exchange, symbol, min(day) AS first_day, max(day) AS last_day FROM folders GROUP BY ALL
),
calendar AS (
    SELECT exchange, symbol, first_day,
           CAST(unnest(generate_series(CAST(first_day AS TIMESTAMP), CAST(last_day AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE) AS day
    FROM known
),
ticks AS (
    SELECT string_split(filename, '/')[-6] AS exchange,
           string_split(filename, '/')[-5] AS symbol,
           make_date(year, month, day) AS day,
           rows AS trades
    FROM read_json(
        :trades_manifests, filename = true, format = 'unstructured', records = true,
        hive_partitioning = true, hive_types = {year: BIGINT, month: BIGINT, day: BIGINT},
        columns = {rows: 'BIGINT'}
    )
),
holes AS (
    SELECT exchange, symbol, day, CAST(sum(ids[2] - ids[1] + 1) AS BIGINT) AS trades_missing
    FROM (SELECT exchange, symbol, day, unnest(missing_trade_ids) AS ids FROM manifests)
    GROUP BY ALL
),
counted AS (
    SELECT calendar.exchange, calendar.symbol, calendar.day,
           manifests.rows AS bars, trades,
           least(86400, coalesce(epoch_us("through") // 1000000 + 1 - from_second, 86400))
               - CASE WHEN calendar.day = first_day
                      THEN coalesce(epoch_us(first_second) // 1000000 - from_second, 0) ELSE 0 END
               AS seconds_expected,
           coalesce(seconds_covered, 0) AS seconds_covered,
           coalesce(trades_missing, 0) AS trades_missing,
           first_trade_id, last_trade_id,
           greatest(last_trade_id, missing_trade_ids[-1][2]) - least(first_trade_id, missing_trade_ids[1][1]) + 1
               AS trades_expected,
           trades_filled, duplicates_removed, lines_quarantined,
           first_second, last_second, "through", revision
    FROM (SELECT *, CAST(epoch(day) AS BIGINT) AS from_second FROM calendar) AS calendar
    LEFT JOIN manifests
        ON manifests.exchange = calendar.exchange AND manifests.symbol = calendar.symbol
        AND manifests.day = calendar.day
    LEFT JOIN holes
        ON holes.exchange = calendar.exchange AND holes.symbol = calendar.symbol AND holes.day = calendar.day
    LEFT JOIN ticks
        ON ticks.exchange = calendar.exchange AND ticks.symbol = calendar.symbol AND ticks.day = calendar.day
)
SELECT exchange, symbol, day,
       floor(least(
           CASE WHEN seconds_expected > 0 THEN least(seconds_covered, seconds_expected) / seconds_expected ELSE 1 END,
           CASE WHEN trades_expected > 0 THEN 1 - trades_missing / trades_expected ELSE 1 END
       ) * 100000) / 1000 AS completeness_percent,
       seconds_expected, seconds_covered,
       greatest(seconds_expected - seconds_covered, 0) AS seconds_missing,
       trades, trades_missing,
       first_trade_id, last_trade_id,
       coalesce(trades_filled, 0) AS trades_filled,
       coalesce(duplicates_removed, 0) AS duplicates_removed,
       coalesce(lines_quarantined, 0) AS lines_quarantined,
       coalesce(bars, 0) AS bars,
       first_second, last_second, "through",
       coalesce(revision, 0) AS revision
FROM counted;
