// The model's past: trades looked up by id or time, generated when asked for. Nothing is kept; the
// past begins at `firstUs` and ends with what has been published by now.

import type { Market, SymbolMarket } from './market.ts';
import type { Trade, TradeHistory, TradeKey } from './trade.ts';
import type { TradingPauses } from './trading-pauses.ts';

export function createMarketHistory(
  market: Market,
  firstUs: number,
  nowUs: () => number,
  pauses?: TradingPauses,
): TradeHistory {
  function* scan(symbol: string, key: TradeKey, from: number): Generator<Trade> {
    const symbolMarket = market.get(symbol);
    if (symbolMarket === undefined) return;
    const untilUs = nowUs();
    const first = Math.max(findBlock(symbolMarket, key, from), symbolMarket.findBlockAt(firstUs));
    const last = symbolMarket.findBlockAt(untilUs);
    for (let number = first; number <= last; number++) {
      for (const trade of symbolMarket.block(number).trades) {
        if (trade.eventUs > untilUs) return;
        if (trade[key] >= from && trade.timeUs >= firstUs) yield trade;
      }
    }
  }

  function lastBefore(symbol: string, timeUs: number): Trade | undefined {
    const symbolMarket = market.get(symbol);
    if (symbolMarket === undefined) return undefined;
    const untilUs = nowUs();
    const first = symbolMarket.findBlockAt(firstUs);
    for (
      let number = symbolMarket.findBlockAt(Math.min(timeUs, untilUs));
      number >= first;
      number--
    ) {
      const found = symbolMarket
        .block(number)
        .trades.findLast((trade) => trade.timeUs < timeUs && trade.eventUs <= untilUs);
      if (found !== undefined) return found.timeUs >= firstUs ? found : undefined;
    }
    return undefined;
  }

  return {
    isPaused: (fromUs, untilUs) => pauses?.covers(fromUs, untilUs) ?? false,
    scan,
    lastBefore,
    first: (symbol) => scan(symbol, 'timeUs', firstUs).next().value,
    last: (symbol) => lastBefore(symbol, Number.POSITIVE_INFINITY),
  };
}

function findBlock(market: SymbolMarket, key: TradeKey, from: number): number {
  return key === 'timeUs' ? market.findBlockAt(from) : market.findBlockOf(key, from);
}
