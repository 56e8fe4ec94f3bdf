-- The first second of which the frames hold a quote.
SELECT min(quote_us) // 1000000 AS second FROM frames WHERE kind = 'quote';
