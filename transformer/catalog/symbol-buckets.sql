, wanted AS NOT MATERIALIZED (
    FROM seconds
    WHERE epoch_us(window_start) // (CAST(:seconds AS BIGINT) * 1000000) IN (SELECT unnest(getvariable('buckets')))
)
