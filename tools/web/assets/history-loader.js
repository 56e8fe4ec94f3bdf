// Pages of bars from the API, one request at a time: a new one for another place, symbol or interval cancels
// the one before. Pages meet exactly, because `to` is exclusive and the next one begins after the last bar.

import { intervals, parseBar } from './bar.js';
import { formatInstant } from './chart-view.js';
import { formatPath, requestJson, serverNowMs } from './request.js';

/** @typedef {import('./bar.js').Bar} Bar */
/** @typedef {{ exchange: string, symbol: string, interval: import('./bar.js').Interval }} Subject */

export const pageBars = 1000;
const maxPageBars = 10_000;
/** What has ended so lately may still get trades, and what lacks something get it. */
const settledAfterMs = { complete: 3000, incomplete: 15_000 };

export class HistoryLoader {
  /** @type {AbortController | undefined} */
  #running;

  get isBusy() {
    return this.#running !== undefined;
  }

  cancel() {
    this.#running?.abort();
    this.#running = undefined;
  }

  /**
   * The newest `limit` bars before `to` (seconds, exclusive; undefined: now); undefined where cancelled.
   * @param {Subject} subject
   * @param {number | undefined} to
   * @param {number} [limit]
   */
  loadBefore(subject, to, limit = pageBars) {
    // The live feed goes on from the last bar there is.
    const end = to === undefined ? { at_once: 1 } : { to: formatInstant(to) };
    return this.#load(subject, { ...end, limit });
  }

  /**
   * The oldest bars after the interval that begins at `time`; undefined where cancelled.
   * @param {Subject} subject
   * @param {number} time
   */
  loadAfter(subject, time) {
    const from = formatInstant(time + intervals[subject.interval]);
    return this.#load(subject, { from, limit: pageBars });
  }

  /**
   * All bars from `from` to `to`, as far as one answer may hold them.
   * @param {Subject} subject
   * @param {number} from
   * @param {number} to
   */
  loadRange(subject, from, to) {
    const parameters = { from: formatInstant(from), to: formatInstant(to), limit: maxPageBars };
    return this.#load(subject, parameters);
  }

  /**
   * @param {Subject} subject
   * @param {Record<string, string | number | undefined>} parameters
   * @returns {Promise<Bar[] | undefined>}
   */
  async #load(subject, parameters) {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    try {
      const path = formatPath('/api/bars', { ...subject, ...parameters });
      const answer = await requestJson(path, { signal: running.signal });
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
