COPY (
    FROM read_parquet(getvariable('trade_paths'))
    WHERE trade_time >= second_start(getvariable('edge_from'))
) TO (getvariable('output_path')) (FORMAT parquet);
