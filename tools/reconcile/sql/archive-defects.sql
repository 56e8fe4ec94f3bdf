-- What the archive has wrong where REST was asked, too.
INSERT INTO findings
WITH archived AS (SELECT second, count(*) AS copies FROM klines WHERE source = 'archive' GROUP BY second),
rest AS (FROM klines WHERE source = 'rest'),
wrong AS (
    SELECT DISTINCT rest.second
    FROM rest
    JOIN klines AS archive ON archive.second = rest.second AND archive.source = 'archive'
    WHERE rest.trade_count <> archive.trade_count
       OR TRY_CAST([rest.open, rest.high, rest.low, rest.close, rest.volume_base, rest.volume_quote,
                    rest.taker_buy_base, rest.taker_buy_quote] AS DOUBLE[])
          IS DISTINCT FROM
          TRY_CAST([archive.open, archive.high, archive.low, archive.close, archive.volume_base,
                    archive.volume_quote, archive.taker_buy_base, archive.taker_buy_quote] AS DOUBLE[])
)
SELECT second, 'trade_count', NULL::DOUBLE, trade_count, 'archive_missing_row'
FROM rest
ANTI JOIN archived USING (second)
UNION ALL
SELECT second, 'trade_count', NULL, copies, 'archive_doubled_row' FROM archived WHERE copies > 1
UNION ALL
SELECT second, 'trade_count', NULL, NULL, 'archive_wrong_row' FROM wrong;
