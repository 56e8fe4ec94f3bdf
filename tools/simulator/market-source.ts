// The market model as a source: walks along the clock and publishes what has become due. A symbol
// nobody listens to costs nothing, for the model can be entered at any moment.

import type { Clock } from '../../lake/clock.ts';
import { formatTopLevels } from './book.ts';
import type { Broadcast } from './broadcast.ts';
import { KlineCache } from './kline-cache.ts';
import type { Market } from './market.ts';
import { createMarketHistory } from './market-history.ts';
import { pauseMarket } from './paused-market.ts';
import type { Source } from './source.ts';
import { SymbolFeed, slotUs } from './symbol-feed.ts';
import { type TradingPause, TradingPauses } from './trading-pauses.ts';

const secondUs = 1_000_000;

export type MarketSourceOptions = {
  /** The exchange's time when it opens, microseconds since the epoch. Default: now. */
  startUs?: number;
  /** How fast the exchange's time runs against the clock. Default 1. */
  speed?: number;
  /** How long before its opening the symbols have been trading. Default one hour. */
  historyMs?: number;
  /** Since when, in its place, microseconds since the epoch. */
  tradedSinceUs?: number | undefined;
  /** Maintenance: spans of the exchange's time without trades and klines, in order. */
  pauses?: readonly TradingPause[];
};

export function createMarketSource(
  steadyMarket: Market,
  broadcast: Broadcast,
  clock: Clock,
  options: MarketSourceOptions = {},
): Source {
  const openedUs = clock.nowUs();
  const { startUs = openedUs, speed = 1, historyMs = 3_600_000 } = options;
  const { tradedSinceUs = startUs - historyMs * 1000 } = options;
  const nowUs = () => Math.floor(startUs + (clock.nowUs() - openedUs) * speed);
  const pauses = new TradingPauses();
  for (const pause of options.pauses ?? []) pauses.add(pause);
  const market = pauseMarket(steadyMarket, pauses);
  const history = createMarketHistory(market, tradedSinceUs, nowUs, pauses);
  const klines = new KlineCache(history, nowUs);
  const feeds = [...market.values()].map(
    (symbol) => new SymbolFeed(symbol, history, broadcast, startUs),
  );
  return {
    instruments: [...market.values()].map(({ instrument }) => instrument),
    nowUs,
    history,
    findKlines: (...asked) => klines.find(...asked),
    findDepth(symbol, limit) {
      const found = market.get(symbol);
      if (found === undefined) return undefined;
      // As of the last push of the depth streams, so that their next update follows on it.
      const book = found.bookAt(Math.floor(nowUs() / slotUs) * slotUs);
      return formatTopLevels(found.instrument, book, limit);
    },
    pauseTrading(durationMs) {
      // From a whole second that is still to come: nothing that was published moves.
      const fromUs = (Math.floor(nowUs() / secondUs) + 2) * secondUs;
      pauses.add({ fromUs, untilUs: fromUs + durationMs * 1000 });
    },
    advance() {
      const untilUs = nowUs();
      for (const feed of feeds) feed.advance(untilUs);
    },
  };
}
