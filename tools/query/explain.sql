-- The plan of a person's query, as JSON.
EXPLAIN (FORMAT json) :query
