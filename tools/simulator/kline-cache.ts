// The klines of whole minutes that are over, kept once they were computed: clients that compare their bars
// ask for the same minutes again and again, and longer klines are made of them. A minute is computed at a
// time, and others are served before the next. Only for a history whose past is fixed.

import { setImmediate } from 'node:timers/promises';
import { findKlines, type Kline, mergeKlines } from './klines.ts';
import type { TradeHistory } from './trade.ts';

type Minutes = { klineUs: number; max: number; byStart: Map<string, readonly Kline[]> };

const secondUs = 1_000_000;
const minuteUs = 60 * secondUs;
/** Trades of a moment are on their way to the streams for a while. */
const settleUs = secondUs;

export class KlineCache {
  readonly #history: TradeHistory;
  readonly #nowUs: () => number;
  /** Of the 13 majors: two and a half hours in seconds, three days in minutes. */
  readonly #inSeconds: Minutes = { klineUs: secondUs, max: 2000, byStart: new Map() };
  readonly #inMinutes: Minutes = { klineUs: minuteUs, max: 60_000, byStart: new Map() };

  constructor(history: TradeHistory, nowUs: () => number) {
    this.#history = history;
    this.#nowUs = nowUs;
  }

  /** As `findKlines` of the history, but that a pause takes nothing from the limit. */
  async find(
    symbol: string,
    intervalUs: number,
    fromUs: number,
    untilUs: number,
    limit: number,
  ): Promise<readonly Kline[]> {
    const first = this.#history.first(symbol);
    if (first === undefined) return [];
    const startUs = alignDown(Math.max(fromUs, first.timeUs), intervalUs);
    const endUs = alignDown(untilUs - 1, intervalUs) + intervalUs;
    const isSecond = intervalUs === secondUs;
    const [minutes, stepUs] = isSecond
      ? [this.#inSeconds, minuteUs]
      : [this.#inMinutes, intervalUs];
    const found: Kline[] = [];
    for (let atUs = startUs; atUs < endUs && found.length < limit; ) {
      const nextUs = Math.min(alignDown(atUs, stepUs) + stepUs, endUs);
      const klines = await this.#findSpan(symbol, minutes, atUs, nextUs);
      if (intervalUs === minutes.klineUs) found.push(...klines);
      else if (klines.length > 0) found.push(mergeKlines(klines, atUs, intervalUs));
      atUs = nextUs;
    }
    return found.slice(0, limit);
  }

  async #findSpan(
    symbol: string,
    minutes: Minutes,
    fromUs: number,
    untilUs: number,
  ): Promise<Kline[]> {
    const found: Kline[] = [];
    for (let startUs = alignDown(fromUs, minuteUs); startUs < untilUs; startUs += minuteUs) {
      for (const kline of await this.#findMinute(symbol, minutes, startUs)) {
        if (kline.openTimeUs >= fromUs && kline.openTimeUs < untilUs) found.push(kline);
      }
    }
    return found;
  }

  async #findMinute(
    symbol: string,
    { klineUs, max, byStart }: Minutes,
    startUs: number,
  ): Promise<readonly Kline[]> {
    const key = `${symbol}/${startUs}`;
    const known = byStart.get(key);
    if (known !== undefined) return known;
    const endUs = startUs + minuteUs;
    const klines = findKlines(this.#history, symbol, klineUs, startUs, endUs);
    if (endUs <= this.#nowUs() - settleUs) {
      if (byStart.size >= max) byStart.delete(byStart.keys().next().value!);
      byStart.set(key, klines);
    }
    await setImmediate();
    return klines;
  }
}

function alignDown(timeUs: number, intervalUs: number): number {
  return Math.floor(timeUs / intervalUs) * intervalUs;
}
