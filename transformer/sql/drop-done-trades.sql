-- Leaves out the trades of one part and day that the day's partition holds already, or must not get.
DELETE FROM frames
WHERE kind = 'trade' AND part = getvariable('done_part')
  AND trade_us >= getvariable('day_from') * 1000000 AND trade_us < getvariable('day_to') * 1000000;
