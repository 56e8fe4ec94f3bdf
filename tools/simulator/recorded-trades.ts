// The trades a replay has published, kept so that REST can answer and the truth be told. At most
// `maxPerSymbol` are kept; beyond it the oldest go, a tenth at a time, and `first` says so.

import type { Trade, TradeHistory, TradeKey } from './trade.ts';

export class RecordedTrades implements TradeHistory {
  #trades = new Map<string, Trade[]>();
  #maxPerSymbol: number;

  constructor(maxPerSymbol: number) {
    this.#maxPerSymbol = maxPerSymbol;
  }

  /** Adds a trade unless it is there: recordings of two connections hold each trade twice. */
  add(symbol: string, trade: Omit<Trade, 'aggregateId'>): void {
    const trades = this.#trades.get(symbol) ?? [];
    this.#trades.set(symbol, trades);
    const index = findIndex(trades, 'id', trade.id);
    if (trades[index]?.id === trade.id) return;
    const aggregateId = findAggregateId(trades[index - 1], trade);
    if (index === trades.length) trades.push({ ...trade, aggregateId });
    else trades.splice(index, 0, { ...trade, aggregateId });
    if (trades.length > this.#maxPerSymbol) trades.splice(0, Math.ceil(this.#maxPerSymbol / 10));
  }

  first(symbol: string): Trade | undefined {
    return this.#trades.get(symbol)?.[0];
  }

  last(symbol: string): Trade | undefined {
    return this.#trades.get(symbol)?.at(-1);
  }

  lastBefore(symbol: string, timeUs: number): Trade | undefined {
    const trades = this.#trades.get(symbol) ?? [];
    return trades[findIndex(trades, 'timeUs', timeUs) - 1];
  }

  *scan(symbol: string, key: TradeKey, from: number): Iterable<Trade> {
    const trades = this.#trades.get(symbol) ?? [];
    for (let index = findIndex(trades, key, from); index < trades.length; index++) {
      yield trades[index]!;
    }
  }
}

/** Recordings carry no aggregate ids; trades of one moment, price and side count as one order. */
function findAggregateId(previous: Trade | undefined, trade: Omit<Trade, 'aggregateId'>): number {
  if (previous === undefined) return trade.id;
  const same =
    previous.timeUs === trade.timeUs &&
    previous.price === trade.price &&
    previous.buyerIsMaker === trade.buyerIsMaker;
  return same ? previous.aggregateId : previous.aggregateId + 1;
}

/** Index of the first trade whose key is at least `from`. */
function findIndex(trades: readonly Trade[], key: TradeKey, from: number): number {
  const last = trades.at(-1);
  if (last === undefined || last[key] < from) return trades.length;
  let low = 0;
  let high = trades.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (trades[middle]![key] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
