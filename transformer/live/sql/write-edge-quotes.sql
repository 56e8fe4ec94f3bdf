-- With the last one before, whose quote still stands when the edge begins.
COPY (
    FROM known_quote_seconds
    WHERE second >= coalesce(
        (SELECT max(second) FROM known_quote_seconds WHERE second <= getvariable('edge_from')),
        getvariable('edge_from')
    )
) TO (getvariable('output_path')) (FORMAT parquet);
