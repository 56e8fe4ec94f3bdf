// What the chart page asks first, begun while the chart's library and most modules are still on their way: the symbols
// of the lake, and the bars of the view that the URL or the last visit names. Each answer is handed out once. It is a
// script of its own in the page, and what takes the answers imports it; it must import little.

import { intervals } from './bar.js';
import { parseChartView } from './chart-view.js';
import { readPreference } from './preferences.js';
import { requestJson } from './request.js';
import {
  chooseSubject,
  countFitting,
  formatNewestPath,
  formatRangePath,
  planRange,
} from './view-plan.js';

/** @typedef {import('./view-plan.js').Subject} Subject */

export const symbolsPath = '/api/symbols';

/** By path. @type {Map<string, Promise<any>>} */
const begun = new Map();

/**
 * The answer that was begun, once; from then on a new one.
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
export function takeJson(path, init) {
  const answer = begun.get(path) ?? requestJson(path, init);
  begun.delete(path);
  return answer;
}

/** What was begun and not taken by now would be old when it is. */
export function forgetBegun() {
  begun.clear();
}

/** What fails is told of where it is taken. @param {string} path */
function begin(path) {
  const answer = requestJson(path);
  answer.catch(() => {});
  begun.set(path, answer);
  return answer;
}

/** @param {import('./chart-view.js').ChartView} view @param {Subject} subject */
function beginBars({ from, to, bars }, subject) {
  const isRange = from !== undefined && to !== undefined;
  const path = isRange
    ? formatRangePath(subject, planRange(from, to, intervals[subject.interval]))
    : formatNewestPath(subject, bars ?? countFitting(innerWidth));
  begin(path);
}

function beginView() {
  const view = parseChartView(location.search);
  const { exchange, symbol, interval } = view;
  const asked = begin(symbolsPath);
  if (exchange !== undefined && symbol !== undefined && interval !== undefined) {
    beginBars(view, { exchange, symbol, interval });
    return;
  }
  const kept = { symbol: readPreference('symbol'), interval: readPreference('interval') };
  const beginChosen = (/** @type {any} */ { symbols }) => {
    const chosen = chooseSubject(view, kept, symbols);
    if (chosen === undefined) return;
    beginBars(view, { ...chosen.info, interval: chosen.interval });
  };
  asked.then(beginChosen, () => {});
}

beginView();
