// A history that has forgotten what is older than some time, as REST may: what came before can be had
// from the archive alone.

import type { TradeHistory } from './trade.ts';

/** `sinceUs` says from when on trades are known; it grows with the clock. */
export function keepRecent(history: TradeHistory, sinceUs: () => number): TradeHistory {
  const first = (symbol: string) => {
    const [trade] = history.scan(symbol, 'timeUs', sinceUs());
    return trade;
  };
  return {
    first,
    last(symbol) {
      const last = history.last(symbol);
      return last === undefined || last.timeUs < sinceUs() ? undefined : last;
    },
    lastBefore(symbol, timeUs) {
      const last = history.lastBefore(symbol, timeUs);
      return last === undefined || last.timeUs < sinceUs() ? undefined : last;
    },
    scan(symbol, key, from) {
      const oldest = first(symbol);
      return oldest === undefined ? [] : history.scan(symbol, key, Math.max(from, oldest[key]));
    },
  };
}
