-- The quote seconds kept by earlier runs, as far as they are loaded.
CREATE OR REPLACE TEMP TABLE known_quote_seconds AS FROM new_quote_seconds LIMIT 0;
