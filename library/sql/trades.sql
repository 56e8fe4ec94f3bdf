-- Trades of an instrument as a program gets them. In: the view, and $exchange, $symbol, $start_us, $stop_us. Ids and
-- microseconds come as doubles, which hold them exactly up to 2^53.
SELECT trade_id::DOUBLE AS "tradeId", price, quantity, quote_quantity AS "quoteQuantity",
       buyer_is_maker AS "buyerIsMaker", epoch_us(trade_time)::DOUBLE AS "tradeTimeUs",
       epoch_us(recv_time)::DOUBLE AS "recvTimeUs", source
FROM :view
WHERE exchange = $exchange AND symbol = $symbol
  AND trade_time >= make_timestamptz($start_us) AND trade_time < make_timestamptz($stop_us)
ORDER BY trade_time, trade_id;
