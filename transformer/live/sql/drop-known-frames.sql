-- Of parts that were read before only the quotes of shared seconds matter.
DELETE FROM frames
WHERE part > getvariable('new_part_count')
  AND (kind <> 'quote' OR quote_us < getvariable('quotes_from') * 1000000);
