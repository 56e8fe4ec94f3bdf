-- A person's query as a Parquet file.
COPY (
  SELECT * FROM (:query
  ) AS answer
) TO (getvariable('out_path')) (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false);
