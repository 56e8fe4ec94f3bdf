-- The seconds a comparison is about: [from_second, to_second).
CREATE OR REPLACE TEMP TABLE spans AS
SELECT unnest(getvariable('spans_from')) AS from_second, unnest(getvariable('spans_to')) AS to_second;
