-- The open layer as it is, with the values of the sealed one that is about to be put in place.
COPY (
    FROM tail_bars
    WHERE window_start IN (SELECT window_start FROM read_parquet(getvariable('open_path')))
    UNION ALL
    FROM read_parquet(getvariable('open_path'))
    WHERE window_start NOT IN (SELECT window_start FROM tail_bars)
    ORDER BY window_start
) TO (getvariable('output_path')) (FORMAT parquet, DICTIONARY_SIZE_LIMIT 0);
