-- Keeps the facts of one day's quote seconds for later runs: the new ones in place of the known.
COPY (
    SELECT * FROM known_quote_seconds
    WHERE second >= getvariable('day_from') AND second < getvariable('day_to')
      AND second NOT IN (SELECT second FROM new_quote_seconds)
    UNION ALL
    SELECT * FROM new_quote_seconds
    WHERE second >= getvariable('day_from') AND second < getvariable('day_to')
    ORDER BY second
) TO (getvariable('output_path')) (FORMAT parquet, COMPRESSION getvariable('compression'));
