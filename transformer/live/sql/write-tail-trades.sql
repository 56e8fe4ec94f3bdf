COPY (FROM tail_trades ORDER BY trade_id) TO (getvariable('output_path')) (
    FORMAT parquet, COMPRESSION getvariable('compression'), DICTIONARY_SIZE_LIMIT 0
);
