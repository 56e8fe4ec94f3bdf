COPY (
    SELECT DISTINCT window_start
    FROM read_parquet(getvariable('bar_paths'))
    WHERE window_start >= second_start(getvariable('edge_from'))
) TO (getvariable('output_path')) (FORMAT parquet);
