// A market with its pauses: everything that happens, at the exchange's time. What was traded before a
// pause is published before it.

import { type Block, isTrade, type MarketEvent } from './block.ts';
import type { Market, SymbolMarket } from './market.ts';
import type { Trade } from './trade.ts';
import type { TradingPauses } from './trading-pauses.ts';

const cachedBlocks = 8;

export function pauseMarket(market: Market, pauses: TradingPauses): Market {
  return new Map([...market].map(([symbol, one]) => [symbol, pauseSymbol(one, pauses)]));
}

function pauseSymbol(market: SymbolMarket, pauses: TradingPauses): SymbolMarket {
  const cache = new Map<number, Block>();
  let cachedPauses = 0;
  return {
    instrument: market.instrument,
    findBlockAt: (timeUs) => market.findBlockAt(pauses.toMarketUs(timeUs)),
    findBlockOf: market.findBlockOf,
    quoteAt: (timeUs) => market.quoteAt(pauses.toMarketUs(timeUs)),
    bookAt: (timeUs) => market.bookAt(pauses.toMarketUs(timeUs)),
    block(number) {
      const block = market.block(number);
      if (pauses.toExchangeUs(block.plan.endUs) === block.plan.endUs) return block;
      if (pauses.count !== cachedPauses) cache.clear();
      cachedPauses = pauses.count;
      const cached = cache.get(number);
      if (cached !== undefined) return cached;
      if (cache.size >= cachedBlocks) cache.delete(cache.keys().next().value!);
      const shifted = shiftBlock(block, pauses);
      cache.set(number, shifted);
      return shifted;
    },
  };
}

function shiftBlock({ plan, opening, events }: Block, pauses: TradingPauses): Block {
  const shifted = events
    .map((event) => shiftEvent(event, pauses))
    .sort((one, other) => one.eventUs - other.eventUs);
  const startUs = pauses.toExchangeUs(plan.startUs);
  const endUs = pauses.toExchangeUs(plan.endUs);
  const trades = shifted.filter(isTrade);
  return { plan: { ...plan, startUs, endUs }, opening, events: shifted, trades };
}

function shiftEvent<Event extends MarketEvent>(event: Event, pauses: TradingPauses): Event {
  const eventUs = pauses.toExchangeUs(event.eventUs);
  if (!isTrade(event)) return { ...event, eventUs };
  const timeUs = pauses.toExchangeUs(event.timeUs);
  const shifted: Trade = {
    ...event,
    timeUs,
    eventUs: Math.min(eventUs, pauses.nextUs(timeUs) - 1),
  };
  return { ...event, ...shifted };
}
