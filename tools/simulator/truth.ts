// What really happened on the exchange: every trade it published, whoever received it, and the klines
// that follow. Tests and benchmarks compare what a lake holds with this.

import { findKlines, intervalsUs, type Kline } from './klines.ts';
import type { Source } from './source.ts';
import type { Trade } from './trade.ts';

export type Truth = {
  /** The trades with a trade time from `fromUs` to before `untilUs`, in order of id. */
  trades(symbol: string, fromUs: number, untilUs: number): Trade[];
  /** The klines that open in that time and not after now, `interval` as the exchange names it: `1s`, `5m`, `1d`. */
  klines(symbol: string, interval: string, fromUs: number, untilUs: number): Kline[];
};

export function createTruth({ history, nowUs }: Source): Truth {
  return {
    trades(symbol, fromUs, untilUs) {
      const found: Trade[] = [];
      for (const trade of history.scan(symbol, 'timeUs', fromUs)) {
        if (trade.timeUs >= untilUs) break;
        found.push(trade);
      }
      return found;
    },
    klines(symbol, interval, fromUs, untilUs) {
      const intervalUs = intervalsUs[interval];
      if (intervalUs === undefined) throw new RangeError(`find klines: no interval ${interval}`);
      return findKlines(history, symbol, intervalUs, fromUs, Math.min(untilUs, nowUs() + 1));
    },
  };
}
