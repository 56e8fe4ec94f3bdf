-- A row where collect-quotes.sql has set a second aside.
SELECT second FROM new_quote_seconds WHERE quote_count IS NULL LIMIT 1;
