-- The lines of the batch that could not be read. msg is NULL where the line is no JSON at all.
SELECT part, recv, conn, msg
FROM frames
WHERE kind = 'bad'
ORDER BY part, recv, conn, msg::VARCHAR;
