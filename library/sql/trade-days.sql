-- The UTC days that hold trades of an instrument. In: the view, and $exchange, $symbol, $start_us, $stop_us.
SELECT epoch_us(time_bucket(INTERVAL '1 day', trade_time))::DOUBLE AS "dayUs", count(*)::DOUBLE AS rows
FROM :view
WHERE exchange = $exchange AND symbol = $symbol
  AND trade_time >= make_timestamptz($start_us) AND trade_time < make_timestamptz($stop_us)
GROUP BY ALL
ORDER BY ALL;
