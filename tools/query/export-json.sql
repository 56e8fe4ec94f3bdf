-- Each row of a person's query as one JSON object.
SELECT to_json(answer)::VARCHAR AS line FROM (:query
) AS answer;
