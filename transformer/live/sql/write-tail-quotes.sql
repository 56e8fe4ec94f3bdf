COPY (FROM new_quote_seconds ORDER BY second) TO (getvariable('output_path')) (FORMAT parquet);
