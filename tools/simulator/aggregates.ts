// Aggregate trades: the trades of one taker order at one price, summed up.

import { formatDecimal, parseDecimal } from './decimal.ts';
import type { Trade } from './trade.ts';

export type AggregateTrade = {
  id: number;
  price: string;
  quantity: string;
  firstTradeId: number;
  lastTradeId: number;
  timeUs: number;
  eventUs: number;
  buyerIsMaker: boolean;
};

/** Sums up trades in order of id; each aggregate comes when the next one begins, or at the end. */
export function* groupAggregates(trades: Iterable<Trade>): Generator<AggregateTrade> {
  let group: Trade[] = [];
  for (const trade of trades) {
    if (group.length > 0 && group[0]!.aggregateId !== trade.aggregateId) {
      yield sumUp(group);
      group = [];
    }
    group.push(trade);
  }
  if (group.length > 0) yield sumUp(group);
}

function sumUp(trades: readonly Trade[]): AggregateTrade {
  const { aggregateId, id, price, timeUs, eventUs, buyerIsMaker } = trades[0]!;
  const quantity = trades.reduce((sum, trade) => sum + parseDecimal(trade.quantity), 0n);
  return {
    id: aggregateId,
    price,
    quantity: formatDecimal(quantity),
    firstTradeId: id,
    lastTradeId: trades.at(-1)!.id,
    timeUs,
    eventUs,
    buyerIsMaker,
  };
}
