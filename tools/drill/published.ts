// What the exchange published between two moments: what a lake that ran from before the one until after
// the other has to hold. Holds no effects.

import type { Truth } from '../simulator/truth.ts';
import type { Published } from './comparison.ts';
import { drillSymbols } from './scene.ts';

const secondUs = 1_000_000;
/** A trade is published within less than this after it happened. */
const publishedWithinUs = 10 * secondUs;

export function listPublished(truth: Truth, fromUs: number, untilUs: number): Published[] {
  return drillSymbols.map((symbol) => {
    const trades = truth
      .trades(symbol, fromUs - publishedWithinUs, untilUs)
      .filter(({ eventUs }) => eventUs > fromUs && eventUs <= untilUs);
    const [first, last] = [trades[0], trades.at(-1)];
    if (first === undefined || last === undefined) return { symbol, trades, klines: [] };
    const firstWholeUs = (Math.floor(first.timeUs / secondUs) + 1) * secondUs;
    const lastPartUs = Math.floor(last.timeUs / secondUs) * secondUs;
    const klines =
      firstWholeUs < lastPartUs ? truth.klines(symbol, '1s', firstWholeUs, lastPartUs) : [];
    return { symbol, trades, klines };
  });
}
