// What happens in one block of time on one symbol: taker orders in clusters, their fills, and the
// changes of the best quote between them. A function of the plan alone.

import { formatSteps, type Instrument } from './instrument.ts';
import { createPricePath, drawLots, findBoundaryQuote, type Quote } from './price-path.ts';
import { createRandom, drawExponential, hashNumbers, type Random } from './random.ts';
import type { Trade } from './trade.ts';

export type QuoteEvent = Quote & { updateId: number; eventUs: number };
export type MarketEvent = Trade | QuoteEvent;

/** What follows from a block's number: where it begins and how much happens in it. */
export type BlockPlan = {
  key: number;
  instrument: Instrument;
  startUs: number;
  endUs: number;
  firstTradeId: number;
  firstAggregateId: number;
  aggregates: number;
  trades: number;
  /** At least one. */
  quotes: number;
  /** The last update id before the block. */
  openingUpdateId: number;
};

export type Block = {
  plan: BlockPlan;
  /** The quote that stood when the block began. */
  opening: Quote;
  /** In order of event time. */
  events: readonly MarketEvent[];
  /** In order of id. */
  trades: readonly Trade[];
};

/** Update ids per change of the best quote: the others went to changes further from it. */
export const updatesPerQuote = 4;

/** One aggregate trade to come: a taker order, or the part of it that fills at a further price. */
type Order = { timeUs: number; buyerIsMaker: boolean; level: number; fills: number };

const ordersPerCluster = 5;
const clusterSpreadUs = 30_000;
const minPublishDelayUs = 100;
const maxPublishDelayUs = 1600;
const typicalFillValue = 350;

export function generateBlock(plan: BlockPlan): Block {
  const { key, instrument, startUs, endUs } = plan;
  const random = createRandom(hashNumbers(key, 3, startUs));
  const orders = planOrders(plan, random);
  const quoteTimesUs = planQuoteTimes(plan, orders, random);
  const nextQuote = createPricePath({ key, instrument }, startUs, endUs, plan.quotes, random);
  const opening = findBoundaryQuote({ key, instrument }, startUs);
  const events: MarketEvent[] = [];
  const trades: Trade[] = [];
  let quote = opening;
  let eventUs = startUs;
  let changes = 0;
  /** Event times never go back and never leave the block. */
  const publishAt = (timeUs: number) => {
    const delayUs =
      minPublishDelayUs + Math.floor(random() * (maxPublishDelayUs - minPublishDelayUs));
    eventUs = Math.max(eventUs, Math.min(timeUs + delayUs, endUs - 1));
    return eventUs;
  };
  const changeQuotes = (untilUs: number) => {
    while (changes < plan.quotes && quoteTimesUs[changes]! < untilUs) {
      quote = nextQuote(quote);
      const offset = changes * updatesPerQuote + 1 + Math.floor(random() * updatesPerQuote);
      const updateId = plan.openingUpdateId + offset;
      events.push({ ...quote, updateId, eventUs: publishAt(quoteTimesUs[changes]!) });
      changes++;
    }
  };
  for (const [index, order] of orders.entries()) {
    changeQuotes(order.timeUs);
    const ticks = order.buyerIsMaker
      ? Math.max(1, quote.bid - order.level)
      : quote.ask + order.level;
    const price = formatSteps(ticks, instrument.priceDecimals);
    const orderEventUs = publishAt(order.timeUs);
    for (let fill = 0; fill < order.fills; fill++) {
      const lots = drawLots(instrument, typicalFillValue, random);
      const trade: Trade = {
        id: plan.firstTradeId + trades.length,
        aggregateId: plan.firstAggregateId + index,
        price,
        quantity: formatSteps(lots, instrument.quantityDecimals),
        timeUs: order.timeUs,
        eventUs: orderEventUs,
        buyerIsMaker: order.buyerIsMaker,
      };
      trades.push(trade);
      events.push(trade);
    }
  }
  changeQuotes(endUs);
  return { plan, opening, events, trades };
}

export function isTrade(event: MarketEvent): event is Trade {
  return 'aggregateId' in event;
}

/** Orders come in clusters, so that there are bursts, quiet seconds and empty ones. */
function planOrders(plan: BlockPlan, random: Random): Order[] {
  const { startUs, endUs, aggregates } = plan;
  const clusters = Math.max(1, Math.round(aggregates / ordersPerCluster));
  const centresUs = Array.from({ length: clusters }, () => startUs + random() * (endUs - startUs));
  const timesUs = Array.from({ length: aggregates }, () => {
    const centreUs = centresUs[Math.floor(random() * clusters)]!;
    const timeUs = Math.floor(centreUs + drawExponential(random, clusterSpreadUs));
    return Math.min(timeUs, endUs - 2);
  }).sort((a, b) => a - b);
  const fills = planFills(plan, random);
  const orders: Order[] = [];
  for (const [index, timeUs] of timesUs.entries()) {
    const previous = orders.at(-1);
    const sweeps = previous !== undefined && previous.level < 8 && random() < 0.25;
    orders.push(
      sweeps
        ? { ...previous, level: previous.level + 1, fills: fills[index]! }
        : { timeUs, buyerIsMaker: random() < 0.5, level: 0, fills: fills[index]! },
    );
  }
  return orders;
}

/** How many trades each aggregate holds: mostly one, some of them many, all trades together. */
function planFills({ aggregates, trades }: BlockPlan, random: Random): number[] {
  const fills = new Array<number>(aggregates).fill(1);
  let left = trades - aggregates;
  while (left > 0) {
    const more = Math.min(left, 1 + Math.floor(drawExponential(random, 2.5)));
    fills[Math.floor(random() * aggregates)]! += more;
    left -= more;
  }
  return fills;
}

/** Half of the quote changes follow an order at once, the others come at any time. */
function planQuoteTimes(plan: BlockPlan, orders: readonly Order[], random: Random): number[] {
  const { startUs, endUs } = plan;
  return Array.from({ length: plan.quotes }, () => {
    const order = orders[Math.floor(random() * 2 * orders.length)];
    const timeUs =
      order === undefined
        ? startUs + Math.floor(random() * (endUs - startUs))
        : order.timeUs + 1 + Math.floor(random() * 3000);
    return Math.min(timeUs, endUs - 1);
  }).sort((a, b) => a - b);
}
