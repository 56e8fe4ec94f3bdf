// The market model as a source: walks along the clock and publishes what has become due. A symbol
// nobody listens to costs nothing, for the model can be entered at any moment.

import type { Clock } from '../../lake/clock.ts';
import { type Block, isTrade } from './block.ts';
import type { Broadcast } from './broadcast.ts';
import { formatBookTicker, formatTrade } from './frames.ts';
import type { Market, SymbolMarket } from './market.ts';
import { createMarketHistory } from './market-history.ts';
import type { Source } from './source.ts';

export type MarketSourceOptions = {
  /** The exchange's time when it opens, microseconds since the epoch. Default: now. */
  startUs?: number;
  /** How fast the exchange's time runs against the clock. Default 1. */
  speed?: number;
  /** How long before its opening the symbols have been trading. Default one hour. */
  historyMs?: number;
};

export function createMarketSource(
  market: Market,
  broadcast: Broadcast,
  clock: Clock,
  options: MarketSourceOptions = {},
): Source {
  const openedUs = clock.nowUs();
  const { startUs = openedUs, speed = 1, historyMs = 3_600_000 } = options;
  const nowUs = () => Math.floor(startUs + (clock.nowUs() - openedUs) * speed);
  const feeds = [...market.values()].map((symbol) => createSymbolFeed(symbol, broadcast, startUs));
  return {
    instruments: [...market.values()].map(({ instrument }) => instrument),
    nowUs,
    history: createMarketHistory(market, startUs - historyMs * 1000, nowUs),
    findDepth: () => undefined,
    advance() {
      const untilUs = nowUs();
      for (const advance of feeds) advance(untilUs);
    },
  };
}

function createSymbolFeed(market: SymbolMarket, broadcast: Broadcast, startUs: number) {
  const { instrument } = market;
  const { symbol } = instrument;
  const name = symbol.toLowerCase();
  const tradeStream = `${name}@trade`;
  const quoteStream = `${name}@bookTicker`;
  const streams = [tradeStream, quoteStream];
  let doneUs = startUs;
  let position = { block: -1, index: 0 };

  function publishEvents(block: Block, number: number, toUs: number): void {
    let index = position.block === number ? position.index : 0;
    for (; index < block.events.length; index++) {
      const event = block.events[index]!;
      if (event.eventUs > toUs) break;
      if (event.eventUs <= doneUs) continue;
      if (isTrade(event)) {
        broadcast.publishPayload(tradeStream, (unit) => formatTrade(symbol, event, unit));
      } else {
        broadcast.publishPayload(quoteStream, () => formatBookTicker(instrument, event));
      }
    }
    position = { block: number, index };
  }

  return function advance(nowUs: number): void {
    if (nowUs <= doneUs) return;
    if (streams.some((stream) => broadcast.hasSubscribers(stream))) {
      const last = market.findBlockAt(nowUs);
      for (let number = market.findBlockAt(doneUs + 1); number <= last; number++) {
        publishEvents(market.block(number), number, nowUs);
      }
    }
    doneUs = nowUs;
  };
}
