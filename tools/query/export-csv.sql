-- Each row of a person's query as one line of CSV (RFC 4180): NULL is nothing, an empty text is "".
SELECT concat_ws(',', *COLUMNS(*)) AS line
FROM (
  SELECT
    CASE
      WHEN COLUMNS(*) IS NULL THEN ''
      WHEN COLUMNS(*)::VARCHAR = '' OR regexp_matches(COLUMNS(*)::VARCHAR, '[",\r\n]')
        THEN '"' || replace(COLUMNS(*)::VARCHAR, '"', '""') || '"'
      ELSE COLUMNS(*)::VARCHAR
    END
  FROM (:query
  ) AS answer
);
