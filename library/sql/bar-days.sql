-- The UTC days that hold bars of an instrument. In: the view, and $exchange, $symbol, $start_us, $stop_us.
SELECT epoch_us(time_bucket(INTERVAL '1 day', window_start))::DOUBLE AS "dayUs", count(*)::DOUBLE AS rows
FROM :view
WHERE exchange = $exchange AND symbol = $symbol
  AND window_start >= make_timestamptz($start_us) AND window_start < make_timestamptz($stop_us)
GROUP BY ALL
ORDER BY ALL;
