-- Every trade of the lake, as often as it stands in it.
SELECT symbol, trade_id, price, quantity, buyer_is_maker, epoch_us(trade_time) AS time_us
FROM trades
ORDER BY symbol, trade_id;
