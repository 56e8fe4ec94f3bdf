// The 1-second klines of whole minutes that are over, kept once they were computed, because clients that
// compare their bars ask for the same minutes again and again. Only for a history whose past is fixed.

import { findKlines, type Kline } from './klines.ts';
import type { TradeHistory } from './trade.ts';

const secondUs = 1_000_000;
const minuteUs = 60 * secondUs;
/** Trades of a moment are on their way to the streams for a while. */
const settleUs = secondUs;
/** Two and a half hours of the 13 majors. */
const maxMinutes = 2000;

export class KlineCache {
  readonly #history: TradeHistory;
  readonly #nowUs: () => number;
  /** By symbol and the minute's number. */
  readonly #minutes = new Map<string, readonly Kline[]>();

  constructor(history: TradeHistory, nowUs: () => number) {
    this.#history = history;
    this.#nowUs = nowUs;
  }

  /** As `findKlines` of the history. */
  find(
    symbol: string,
    intervalUs: number,
    fromUs: number,
    untilUs: number,
    limit: number,
  ): readonly Kline[] {
    const first = this.#history.first(symbol);
    if (intervalUs !== secondUs || first === undefined) {
      return findKlines(this.#history, symbol, intervalUs, fromUs, untilUs, limit);
    }
    const settledUs = this.#nowUs() - settleUs;
    const found: Kline[] = [];
    let startUs = alignDown(Math.max(fromUs, first.timeUs), secondUs);
    while (startUs < untilUs && found.length < limit) {
      const endUs = alignDown(startUs, minuteUs) + minuteUs;
      if (endUs > settledUs) break;
      for (const kline of this.#findMinute(symbol, endUs - minuteUs)) {
        const isAsked = kline.openTimeUs >= startUs && kline.openTimeUs < untilUs;
        if (isAsked && found.length < limit) found.push(kline);
      }
      startUs = endUs;
    }
    if (startUs >= untilUs || found.length >= limit) return found;
    const rest = limit - found.length;
    return found.concat(findKlines(this.#history, symbol, intervalUs, startUs, untilUs, rest));
  }

  #findMinute(symbol: string, startUs: number): readonly Kline[] {
    const key = `${symbol}/${startUs}`;
    const known = this.#minutes.get(key);
    if (known !== undefined) return known;
    const klines = findKlines(this.#history, symbol, secondUs, startUs, startUs + minuteUs);
    const { size } = this.#minutes;
    if (size >= maxMinutes) this.#minutes.delete(this.#minutes.keys().next().value!);
    this.#minutes.set(key, klines);
    return klines;
  }
}

function alignDown(timeUs: number, intervalUs: number): number {
  return Math.floor(timeUs / intervalUs) * intervalUs;
}
