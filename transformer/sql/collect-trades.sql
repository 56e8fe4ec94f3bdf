-- Takes over the trades of the new parts of a batch, those up to getvariable('new_part_count').
INSERT INTO new_trades
SELECT trade_id, price, quantity, trade_us, event_us, recv, buyer_is_maker, source
FROM frames
WHERE kind = 'trade' AND part <= getvariable('new_part_count');
