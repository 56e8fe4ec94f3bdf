-- Writes the bars of one day of the symbol of `walk`. Trades are numbered from `first_trade_id`; of the seconds
-- from `gap_from` to before `gap_to` nothing was observed, and the minute after them was filled.
COPY (
    WITH numbered AS (
        SELECT second, trade_count, close, previous,
               getvariable('first_trade_id') + trades_so_far - 1 AS last_trade_id,
               second >= getvariable('gap_to') AND second < getvariable('gap_to') + 60 AS is_filled,
               (hash(second, getvariable('seed')) % 100000)::DOUBLE / 100000 AS chance,
               (hash(getvariable('seed'), second) % 100000)::DOUBLE / 100000 AS luck
        FROM walk
    ),
    traded AS (
        SELECT *,
               trade_count > 0 AS is_traded,
               round(trade_count * (0.00001 + chance * chance), 5) AS volume,
               round((greatest(close, previous) + least(close, previous)) / 2, 2) AS middle
        FROM numbered
    )
    SELECT getvariable('exchange') AS exchange,
           getvariable('symbol') AS symbol,
           make_timestamptz((getvariable('day_second') + second) * 1000000) AS window_start,
           CASE WHEN is_traded THEN previous ELSE close END AS open,
           CASE WHEN is_traded THEN greatest(close, previous) + round(chance, 2) ELSE close END AS high,
           CASE WHEN is_traded THEN least(close, previous) - round(luck, 2) ELSE close END AS low,
           close,
           volume AS volume_base,
           round(volume * middle, 7) AS volume_quote,
           round(volume * luck, 5) AS taker_buy_base,
           round(round(volume * luck, 5) * middle, 7) AS taker_buy_quote,
           trade_count,
           CASE WHEN is_traded THEN middle END AS vwap,
           CASE WHEN is_traded THEN last_trade_id - trade_count + 1 END::BIGINT AS first_trade_id,
           CASE WHEN is_traded THEN last_trade_id END::BIGINT AS last_trade_id,
           close - 0.01 AS bid, round(chance * 9, 5) AS bid_qty,
           close + 0.01 + round(luck / 20, 2) AS ask, round(luck * 9, 5) AS ask_qty,
           0.02 + round(luck / 20, 2) AS spread,
           (hash(second, 'quotes') % 60)::INTEGER AS quote_count,
           0.02 + chance / 20 AS spread_mean,
           CASE WHEN is_traded THEN round(20 + 9 * chance, 3) END AS latency_p50_ms,
           CASE WHEN is_traded THEN round(30 + 90 * luck, 3) END AS latency_max_ms,
           CASE WHEN is_filled THEN trade_count ELSE 0 END AS backfilled,
           NOT is_filled AS complete,
           CASE WHEN NOT is_traded THEN 'flat' WHEN is_filled THEN 'rest' ELSE 'live' END AS provenance,
           round(1.5 * chance, 3) AS clock_offset_ms
    FROM traded
    WHERE second < getvariable('gap_from') OR second >= getvariable('gap_to')
    ORDER BY second
) TO (getvariable('output_path')) (FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 0);
