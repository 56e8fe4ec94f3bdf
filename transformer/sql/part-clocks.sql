-- The measurements of the clock in each part, at most one in ten seconds: the last.
SELECT part, measured.recv AS recv, measured.offset_us AS offset_us
FROM (
    SELECT part, max({recv: recv, offset_us: clock_offset_us}) AS measured
    FROM frames
    WHERE clock_offset_us IS NOT NULL AND kind = 'control'
    GROUP BY part, recv // 10000000
)
ORDER BY part, recv;
