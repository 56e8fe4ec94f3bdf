// Pages of bars from the API, one request at a time: a new one for another place, symbol or interval cancels
// the one before. Pages meet exactly, because `to` is exclusive and the next one begins after the last bar.

import { intervals, parseBar } from './bar.js';
import { formatInstant } from './chart-view.js';
import { formatPath, serverNowMs } from './request.js';
import { formatNewestPath, formatRangePath } from './view-plan.js';

/** @typedef {import('./bar.js').Bar} Bar */
/** @typedef {import('./view-plan.js').Subject} Subject */

export const pageBars = 1000;
/** What has ended so lately may still get trades, and what lacks something get it. */
const settledAfterMs = { complete: 3000, incomplete: 15_000 };

export class HistoryLoader {
  /** @type {AbortController | undefined} */
  #running;
  #ask;

  /** @param {(path: string, init: RequestInit) => Promise<any>} ask for JSON */
  constructor(ask) {
    this.#ask = ask;
  }

  get isBusy() {
    return this.#running !== undefined;
  }

  cancel() {
    this.#running?.abort();
    this.#running = undefined;
  }

  /**
   * The newest bars, as many as it takes to show `count`; undefined where cancelled, as of the others.
   * @param {Subject} subject
   * @param {number} count
   */
  loadNewest(subject, count) {
    return this.#load(subject, formatNewestPath(subject, count));
  }

  /**
   * The newest bars before `to` (seconds, exclusive).
   * @param {Subject} subject
   * @param {number} to
   */
  loadBefore(subject, to) {
    const range = { to: formatInstant(to), limit: pageBars };
    return this.#load(subject, formatPath('/api/bars', { ...subject, ...range }));
  }

  /**
   * The oldest bars after the interval that begins at `time`.
   * @param {Subject} subject
   * @param {number} time
   */
  loadAfter(subject, time) {
    const range = { from: formatInstant(time + intervals[subject.interval]), limit: pageBars };
    return this.#load(subject, formatPath('/api/bars', { ...subject, ...range }));
  }

  /**
   * All bars of a range, as far as one answer may hold them.
   * @param {Subject} subject
   * @param {{ from: number, to: number }} range seconds
   */
  loadRange(subject, range) {
    return this.#load(subject, formatRangePath(subject, range));
  }

  /**
   * @param {Subject} subject
   * @param {string} path
   * @returns {Promise<Bar[] | undefined>}
   */
  async #load(subject, path) {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    try {
      const answer = await this.#ask(path, { signal: running.signal });
      if (running.signal.aborted) return undefined;
      const bars = answer.bars.map((/** @type {any} */ row) => parseBar(row, subject.interval));
      markGrowing(bars, intervals[subject.interval], serverNowMs());
      return bars;
    } catch (thrown) {
      if (running.signal.aborted) return undefined;
      throw thrown;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }
}

/**
 * Bars that have only just ended are not final yet.
 * @param {readonly Bar[]} bars
 * @param {number} width
 * @param {number} nowMs
 */
export function markGrowing(bars, width, nowMs) {
  for (const [i, bar] of bars.entries()) {
    const waitMs = bar.isComplete ? settledAfterMs.complete : settledAfterMs.incomplete;
    const isNewest = i === bars.length - 1;
    if ((isNewest || !bar.isComplete) && (bar.time + width) * 1000 > nowMs - waitMs)
      bar.isFinal = false;
  }
}
