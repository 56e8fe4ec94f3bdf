TRUNCATE klines;
