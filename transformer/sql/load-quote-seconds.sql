-- What is loaded first stays.
INSERT INTO known_quote_seconds
FROM read_parquet(getvariable('quote_paths'))
WHERE second NOT IN (SELECT second FROM known_quote_seconds);
