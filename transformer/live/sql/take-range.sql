-- Takes over a range that was derived: its bars, and of its trades those that the new parts brought.
INSERT INTO tail_bars FROM range_bars;
INSERT INTO tail_trades
FROM range_stored_trades
WHERE trade_id IN (SELECT trade_id FROM new_trades)
  AND trade_time >= second_start(getvariable('range_from'))
  AND trade_time < second_start(getvariable('range_to'));
