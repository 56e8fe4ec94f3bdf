// Questions to begin with, in the words of the catalog. `SYMBOL` stands for a symbol of the lake. Holds no effects.

/** @type {readonly { name: string, sql: string }[]} */
export const examples = [
  {
    name: 'Last minutes of one symbol',
    sql: `SELECT window_start, open, high, low, close, volume_base, trade_count
FROM bars_live_1m
WHERE symbol = 'SYMBOL' AND window_start > now() - INTERVAL 2 HOUR
ORDER BY window_start`,
  },
  {
    name: 'Spread, minute by minute',
    sql: `SELECT time_bucket(INTERVAL 1 MINUTE, window_start) AS minute,
       avg(spread_mean) AS spread_mean, max(spread) AS spread_max
FROM bars_live
WHERE symbol = 'SYMBOL' AND window_start > now() - INTERVAL 3 HOUR
GROUP BY ALL ORDER BY minute`,
  },
  {
    name: 'Hourly close of all symbols',
    sql: `SELECT window_start, symbol, close
FROM bars_live_1h
WHERE window_start > now() - INTERVAL 3 DAY
ORDER BY window_start, symbol`,
  },
  {
    name: 'Largest trades of today',
    sql: `SELECT trade_time, symbol, price, quantity, quote_quantity,
       CASE WHEN buyer_is_maker THEN 'sell' ELSE 'buy' END AS taker
FROM trades_live
WHERE trade_time >= date_trunc('day', now())
ORDER BY quote_quantity DESC
LIMIT 50`,
  },
  {
    name: 'Taker buy share by hour',
    sql: `SELECT window_start, 100 * taker_buy_base / nullif(volume_base, 0) AS taker_buy_percent
FROM bars_live_1h
WHERE symbol = 'SYMBOL'
ORDER BY window_start DESC
LIMIT 168`,
  },
  {
    name: 'Completeness by day',
    sql: `SELECT day, exchange, symbol, completeness_percent, seconds_missing, trades_missing
FROM quality
ORDER BY day DESC, symbol`,
  },
  { name: 'What is missing', sql: 'SELECT *\nFROM gaps\nORDER BY day DESC\nLIMIT 500' },
];
