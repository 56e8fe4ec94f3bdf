-- What the transformer has to read, and nothing more: every line scanned, every field extracted.
SELECT count(*), max(recv), max(conn), max(f[1]), max(f[2]), max(f[3]), max(f[4]), max(f[5]), max(f[6]),
       max(f[7]), max(f[8]), max(f[9]), max(f[10]), max(f[11]), max(f[12])
FROM (
    SELECT recv, conn, json_extract_string(msg, [
               '$.stream',
               '$.data.t', '$.data.p', '$.data.q', '$.data.T', '$.data.E', '$.data.m',
               '$.data.u', '$.data.b', '$.data.B', '$.data.a', '$.data.A'
           ]) AS f
    FROM read_json(
        getvariable('part_paths'), format = 'newline_delimited',
        columns = {recv: 'BIGINT', conn: 'VARCHAR', msg: 'JSON'}
    )
)
