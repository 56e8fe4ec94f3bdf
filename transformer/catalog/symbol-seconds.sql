-- Seconds of one symbol out of named files: those of partitions, and the tail's instead of them where it has any.
-- A second of the tail without a value takes one of a partition away, as in the live views.
-- In: stored_paths (the first one is never replaced), empty_path, sealed_path, open_path; from_us, to_us (exclusive).
WITH stored AS NOT MATERIALIZED (
    FROM (:stored)
    WHERE window_start >= make_timestamptz(getvariable('from_us'))
      AND window_start < make_timestamptz(getvariable('to_us'))
),
tail AS MATERIALIZED (
    FROM (:tail)
    WHERE window_start >= make_timestamptz(getvariable('from_us'))
      AND window_start < make_timestamptz(getvariable('to_us'))
),
seconds AS NOT MATERIALIZED (
    SELECT stored.*
    FROM stored
    ANTI JOIN tail ON tail.window_start = stored.window_start
    UNION ALL
    FROM tail
    WHERE close IS NOT NULL
)
