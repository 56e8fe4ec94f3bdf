-- Writes the trades of one day: what stood outside the range stays, what lies inside is new.
COPY (
    SELECT * FROM known_day_trades
    WHERE trade_time < second_start(getvariable('range_from'))
       OR trade_time >= second_start(getvariable('range_to'))
    UNION ALL
    SELECT * FROM range_stored_trades
    WHERE trade_time >= second_start(greatest(getvariable('range_from'), getvariable('day_from')))
      AND trade_time < second_start(least(getvariable('range_to'), getvariable('day_to')))
    ORDER BY trade_id
) TO (getvariable('output_path')) (
    FORMAT parquet, COMPRESSION getvariable('compression'),
    -- Dictionaries save a third, but simple readers hand their numbers out as text.
    DICTIONARY_SIZE_LIMIT 0
);
