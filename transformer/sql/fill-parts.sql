-- Parts of the batch with lines of fills.
SELECT DISTINCT part FROM frames WHERE kind = 'rest' ORDER BY part;
