// A bar as the pages know it, the intervals there are, and how a row of the API becomes one. Holds no effects.

/** Widths in seconds, in the order of the keys 1 to 6. */
export const intervals = /** @type {const} */ ({
  '1s': 1,
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3600,
  '1d': 86_400,
});

/** @typedef {keyof typeof intervals} Interval */

/**
 * `time`: its start, seconds since the epoch. `seconds`: how many of it were observed. `isFinal` is false
 * while it grows.
 * @typedef {{
 *   time: number, open: number, high: number, low: number, close: number,
 *   volumeBase: number, volumeQuote: number, takerBuyBase: number, tradeCount: number,
 *   vwap: number | null, bid: number | null, bidQty: number | null, ask: number | null,
 *   askQty: number | null, spread: number | null, backfilled: number, seconds: number,
 *   isComplete: boolean, isFinal: boolean, firstTradeId: number | null, lastTradeId: number | null,
 * }} Bar
 */

export const intervalNames = /** @type {Interval[]} */ (Object.keys(intervals));

/** @param {unknown} name @returns {name is Interval} */
export function isInterval(name) {
  return typeof name === 'string' && Object.hasOwn(intervals, name);
}

/**
 * A row of `/api/bars` or of an event `bar`.
 * @param {any} row
 * @param {Interval} interval
 * @returns {Bar}
 */
export function parseBar(row, interval) {
  return {
    time: Math.floor(Date.parse(row.window_start) / 1000),
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volumeBase: row.volume_base,
    volumeQuote: row.volume_quote,
    takerBuyBase: row.taker_buy_base,
    tradeCount: row.trade_count,
    vwap: row.vwap ?? null,
    bid: row.bid ?? null,
    bidQty: row.bid_qty ?? null,
    ask: row.ask ?? null,
    askQty: row.ask_qty ?? null,
    spread: row.spread ?? null,
    backfilled: row.backfilled ?? 0,
    seconds: row.seconds ?? (interval === '1s' ? 1 : 0),
    isComplete: row.complete === true,
    isFinal: row.final !== false,
    firstTradeId: row.first_trade_id ?? null,
    lastTradeId: row.last_trade_id ?? null,
  };
}
