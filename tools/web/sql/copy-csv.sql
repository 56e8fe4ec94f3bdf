-- A query as a CSV file with a line of names. In: out_path.
COPY (:query
) TO (getvariable('out_path')) (FORMAT csv, HEADER true)
