-- A query as a Parquet file. In: out_path.
COPY (:query
) TO (getvariable('out_path')) (FORMAT parquet, COMPRESSION zstd)
