-- Trades with their exact numbers: as decimals, and in hundred-millionths as whole numbers.
    SELECT *, CAST(exact_price * 100000000 AS HUGEINT) AS price_units,
           CAST(exact_quantity * 100000000 AS HUGEINT) AS quantity_units
    FROM (
        SELECT trades.exchange, trades.symbol, trade_id, trade_time, price, buyer_is_maker,
               coalesce(CAST(price_text AS DECIMAL(28, 8)), CAST(price AS DECIMAL(28, 8))) AS exact_price,
               coalesce(CAST(quantity_text AS DECIMAL(28, 8)), CAST(quantity AS DECIMAL(28, 8))) AS exact_quantity
        FROM trades
        WHERE (symbol IS NULL OR trades.symbol = symbol) AND is_within(trades.day, trades.trade_time, start, stop)
    )
