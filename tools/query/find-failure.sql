-- Runs a query again and keeps none of its rows, to hear why it fails.
EXPLAIN ANALYZE :query
