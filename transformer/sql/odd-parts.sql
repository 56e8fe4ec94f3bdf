-- Parts of the batch with a line that the fast way could not read.
SELECT DISTINCT part FROM frames WHERE kind = 'bad' ORDER BY part;
