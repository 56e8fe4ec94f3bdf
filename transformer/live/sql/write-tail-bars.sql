COPY (FROM tail_bars ORDER BY window_start) TO (getvariable('output_path')) (
    FORMAT parquet, COMPRESSION getvariable('compression'), DICTIONARY_SIZE_LIMIT 0
);
