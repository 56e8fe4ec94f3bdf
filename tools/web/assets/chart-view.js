// What the chart shows, as it stands in the URL: symbol, interval, the times on screen, theme and zone. A URL
// without times follows what is live. What a URL says and cannot be is left out. Holds no effects.

import { isInterval } from './bar.js';

/**
 * `from` and `to`: seconds since the epoch, `to` exclusive; without them the newest `bars` are shown.
 * @typedef {{
 *   exchange?: string | undefined, symbol?: string | undefined,
 *   interval?: import('./bar.js').Interval | undefined,
 *   from?: number | undefined, to?: number | undefined, bars?: number | undefined,
 * }} ChartView
 */

const maxVisibleBars = 10_000;

/** @param {string} search `location.search` @returns {ChartView} */
export function parseChartView(search) {
  const given = new URLSearchParams(search);
  const [from, to] = [parseTime(given.get('from')), parseTime(given.get('to'))];
  const interval = given.get('interval');
  const bars = Number(given.get('bars'));
  return {
    exchange: given.get('exchange') ?? undefined,
    symbol: given.get('symbol') ?? undefined,
    interval: isInterval(interval) ? interval : undefined,
    ...(from !== undefined && to !== undefined && from < to && { from, to }),
    bars: Number.isInteger(bars) && bars >= 2 && bars <= maxVisibleBars ? bars : undefined,
  };
}

/** @param {string | null} text */
function parseTime(text) {
  if (text === null || !/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isFinite(ms) ? Math.floor(ms / 1000) : undefined;
}

/** @param {number} seconds */
export function formatInstant(seconds) {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/**
 * The query that brings the view back.
 * @param {ChartView & { theme?: string | undefined, zone: string }} view
 */
export function formatChartView({ exchange, symbol, interval, from, to, bars, theme, zone }) {
  const query = new URLSearchParams();
  if (symbol !== undefined) query.set('symbol', symbol);
  if (exchange !== undefined) query.set('exchange', exchange);
  if (interval !== undefined) query.set('interval', interval);
  if (from !== undefined && to !== undefined) {
    query.set('from', formatInstant(from));
    query.set('to', formatInstant(to));
  } else if (bars !== undefined) query.set('bars', String(bars));
  query.set('tz', zone);
  if (theme !== undefined) query.set('theme', theme);
  return `?${query.toString().replaceAll('%3A', ':')}`;
}
