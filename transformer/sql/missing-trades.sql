-- Ranges of trade ids that no trade of the day has, between its trades and before its first one, as far
-- as an earlier trade is known.
SELECT missing_from, missing_to
FROM (
    SELECT coalesce(lag(trade_id) OVER (ORDER BY trade_id), getvariable('previous_trade_id')) + 1
               AS missing_from,
           trade_id - 1 AS missing_to
    FROM read_parquet(getvariable('output_path'))
)
WHERE missing_from <= missing_to
ORDER BY missing_from;
