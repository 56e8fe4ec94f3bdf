-- Writes the bars of one day: what stood outside the range stays, what lies inside is new.
COPY (
    SELECT * FROM known_bars
    WHERE window_start < second_start(getvariable('range_from'))
       OR window_start >= second_start(getvariable('range_to'))
    UNION ALL
    SELECT * FROM range_bars
    WHERE window_start >= second_start(getvariable('day_from'))
      AND window_start < second_start(getvariable('day_to'))
    ORDER BY window_start
) TO (getvariable('output_path')) (
    FORMAT parquet, COMPRESSION getvariable('compression'),
    -- Dictionaries save a third, but simple readers hand their numbers out as text.
    DICTIONARY_SIZE_LIMIT 0
);
