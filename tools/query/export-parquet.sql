-- A person's query as a Parquet file.
COPY (:query
) TO (getvariable('out_path')) (FORMAT parquet)
