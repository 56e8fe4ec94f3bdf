// What a view is begun with: whose bars, how many of them, and from when to when. Holds no effects.

import { isInterval } from './bar.js';
import { formatInstant } from './chart-view.js';
import { formatPath } from './request.js';

/** @typedef {import('./chart-view.js').ChartView} ChartView */
/** @typedef {{ exchange: string, symbol: string, interval: import('./bar.js').Interval }} Subject */

/** Loaded beyond each end of the screen. */
export const edgeSlots = 150;
const maxViewBars = 9000;
const maxPageBars = 10_000;
const axisPx = 70;
const barPx = 8;

/** How many bars a chart of that width shows. @param {number} widthPx */
export function countFitting(widthPx) {
  return Math.max(30, Math.floor((widthPx - axisPx) / barPx));
}

/** How many of the newest bars are loaded to show `count`. @param {number} count */
export function countLoaded(count) {
  return Math.max(500, count + edgeSlots);
}

/**
 * Which symbol and interval are shown: those of the URL, else of the last visit, else the lake's first symbol.
 * Undefined: the lake has none, or not the one of the URL.
 * @template {{ exchange: string, symbol: string }} T
 * @param {ChartView} view
 * @param {{ symbol?: string | undefined, interval?: string | undefined }} kept
 * @param {readonly T[]} symbols
 * @returns {{ info: T, interval: Subject['interval'] } | undefined}
 */
export function chooseSubject(view, kept, symbols) {
  const wanted = view.symbol ?? kept.symbol;
  const isWanted = (/** @type {T} */ one) =>
    one.symbol === wanted && (view.exchange ?? one.exchange) === one.exchange;
  const info = symbols.find(isWanted) ?? (view.symbol === undefined ? symbols[0] : undefined);
  const interval = view.interval ?? (isInterval(kept.interval) ? kept.interval : '1m');
  return info === undefined ? undefined : { info, interval };
}

/**
 * The times of a view with those around it, seconds; of one that is too long the end.
 * @param {number} from
 * @param {number} to
 * @param {number} width of the interval, seconds
 */
export function planRange(from, to, width) {
  const begin = Math.max(from, to - maxViewBars * width);
  const margin = edgeSlots * 2 * width;
  return { begin, from: begin - margin, to: to + margin };
}

/** @param {Subject} subject @param {number} count */
export function formatNewestPath({ exchange, symbol, interval }, count) {
  // The live feed goes on from the last bar there is.
  const newest = { at_once: 1, limit: countLoaded(count) };
  return formatPath('/api/bars', { exchange, symbol, interval, ...newest });
}

/** All bars between two times, as far as one answer may hold them. @param {Subject} subject @param {{ from: number, to: number }} range */
export function formatRangePath({ exchange, symbol, interval }, range) {
  const [from, to] = [formatInstant(range.from), formatInstant(range.to)];
  return formatPath('/api/bars', { exchange, symbol, interval, from, to, limit: maxPageBars });
}
