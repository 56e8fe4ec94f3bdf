-- Every bar of the lake, in the terms of the exchange's klines.
SELECT
  symbol,
  epoch_us(window_start) AS open_time_us,
  open,
  high,
  low,
  close,
  volume_base,
  volume_quote,
  taker_buy_base,
  taker_buy_quote,
  trade_count,
  first_trade_id,
  last_trade_id,
  complete
FROM bars_1s
ORDER BY symbol, open_time_us;
