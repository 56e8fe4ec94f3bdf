INSERT INTO known_quote_seconds FROM read_parquet(getvariable('quote_paths'));
