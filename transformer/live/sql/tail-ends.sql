-- The last seconds of the tail with a bar and with a trade.
SELECT (SELECT epoch_us(max(window_start)) // 1000000 FROM tail_bars WHERE close IS NOT NULL) AS last_bar,
       (SELECT epoch_us(max(trade_time)) // 1000000 FROM tail_trades) AS last_trade;
