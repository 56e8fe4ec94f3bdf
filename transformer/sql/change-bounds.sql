-- The seconds in which the new trades and quotes lie. NULL where there are none.
SELECT (SELECT min(trade_us) // 1000000 FROM new_trades) AS first_trade_second,
       (SELECT max(trade_us) // 1000000 FROM new_trades) AS last_trade_second,
       (SELECT min(second) FROM new_quote_seconds) AS first_quote_second,
       (SELECT max(second) FROM new_quote_seconds) AS last_quote_second,
       (SELECT list(DISTINCT trade_us // 86400000000) FROM new_trades) AS trade_days,
       (SELECT list(DISTINCT second // 86400) FROM new_quote_seconds) AS quote_days;
