-- Adds what the sealed layer has already, where it was not derived again.
INSERT INTO tail_bars
FROM read_parquet(getvariable('sealed_bars'))
WHERE window_start NOT IN (SELECT window_start FROM tail_bars);

INSERT INTO tail_trades
FROM read_parquet(getvariable('sealed_trades'))
WHERE trade_id NOT IN (SELECT trade_id FROM tail_trades);

INSERT INTO new_quote_seconds
FROM read_parquet(getvariable('sealed_quotes'))
WHERE second NOT IN (SELECT second FROM new_quote_seconds);
