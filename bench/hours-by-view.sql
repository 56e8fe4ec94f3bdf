FROM bars_1h WHERE symbol = 'BTCUSDT';
