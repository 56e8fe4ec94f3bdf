-- The open layer as it is, with the values of the sealed one that is about to be put in place.
COPY (
    FROM tail_trades
    WHERE trade_id IN (SELECT trade_id FROM read_parquet(getvariable('open_path')))
    UNION ALL
    FROM read_parquet(getvariable('open_path'))
    WHERE trade_id NOT IN (SELECT trade_id FROM tail_trades)
    ORDER BY trade_id
) TO (getvariable('output_path')) (FORMAT parquet, DICTIONARY_SIZE_LIMIT 0);
