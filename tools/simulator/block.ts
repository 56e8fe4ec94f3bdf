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

const usPerDay = 86_400_000_000;
const ordersPerCluster = 5;
const clusterSpreadUs = 30_000;
const minPublishDelayUs = 100;
const maxPublishDelayUs = 1600;
const typicalFillValue = 350;

export function generateBlock(plan: BlockPlan): Block {
  const random = createRandom(hashNumbers(plan.key, 3, plan.startUs));
  const orders = planOrders(plan, random);
  const opening = findBoundaryQuote(plan, plan.startUs);
  const timeline = new Timeline(plan, opening, planQuoteTimes(plan, orders, random), random);
  for (const [index, order] of orders.entries()) {
    timeline.changeQuotes(order.timeUs);
    timeline.fill(order, plan.firstAggregateId + index);
  }
  timeline.changeQuotes(plan.endUs);
  return { plan, opening, events: timeline.events, trades: timeline.trades };
}

/** What happens in a block, in its order: the quote as it changes, and the fills against it. */
class Timeline {
  readonly events: MarketEvent[] = [];
  readonly trades: Trade[] = [];
  #plan: BlockPlan;
  #quote: Quote;
  #quoteTimesUs: Float64Array;
  #nextQuote: (standing: Quote) => Quote;
  #random: Random;
  #changes = 0;
  #eventUs: number;

  constructor(plan: BlockPlan, opening: Quote, quoteTimesUs: Float64Array, random: Random) {
    this.#plan = plan;
    this.#quote = opening;
    this.#quoteTimesUs = quoteTimesUs;
    this.#nextQuote = createPricePath(plan, plan.startUs, plan.endUs, plan.quotes, random);
    this.#random = random;
    this.#eventUs = plan.startUs;
  }

  /** Makes the quote changes before `untilUs` that have not been made. */
  changeQuotes(untilUs: number): void {
    const { quotes, openingUpdateId } = this.#plan;
    for (; this.#changes < quotes; this.#changes++) {
      const timeUs = this.#quoteTimesUs[this.#changes]!;
      if (timeUs >= untilUs) return;
      this.#quote = this.#nextQuote(this.#quote);
      const step = 1 + Math.floor(this.#random() * updatesPerQuote);
      const updateId = openingUpdateId + this.#changes * updatesPerQuote + step;
      const { bid, bidLots, ask, askLots } = this.#quote;
      const eventUs = this.#publishAt(timeUs);
      this.events.push({ bid, bidLots, ask, askLots, updateId, eventUs });
    }
  }

  /** Fills an order at the standing quote. */
  fill({ timeUs, buyerIsMaker, level, fills }: Order, aggregateId: number): void {
    const { instrument, firstTradeId } = this.#plan;
    const { bid, ask } = this.#quote;
    const ticks = buyerIsMaker ? Math.max(1, bid - level) : ask + level;
    const price = formatSteps(ticks, instrument.priceDecimals);
    const eventUs = this.#publishAt(timeUs);
    for (let fill = 0; fill < fills; fill++) {
      const lots = drawLots(instrument, typicalFillValue, this.#random);
      const quantity = formatSteps(lots, instrument.quantityDecimals);
      const id = firstTradeId + this.trades.length;
      const trade = { id, aggregateId, price, quantity, timeUs, eventUs, buyerIsMaker };
      this.trades.push(trade);
      this.events.push(trade);
    }
  }

  /** Event times never go back and never leave the block. */
  #publishAt(timeUs: number): number {
    const range = maxPublishDelayUs - minPublishDelayUs;
    const delayUs = minPublishDelayUs + Math.floor(this.#random() * range);
    this.#eventUs = Math.max(this.#eventUs, Math.min(timeUs + delayUs, this.#plan.endUs - 1));
    return this.#eventUs;
  }
}

export function isTrade(event: MarketEvent): event is Trade {
  return 'aggregateId' in event;
}

/**
 * Orders come in clusters, so that there are bursts, quiet seconds and empty ones. A day opens and closes
 * with an order: all its seconds can be known from its own trades.
 */
function planOrders(plan: BlockPlan, random: Random): Order[] {
  const { startUs, endUs, aggregates } = plan;
  const clusters = Math.max(1, Math.round(aggregates / ordersPerCluster));
  const centresUs = Array.from({ length: clusters }, () => startUs + random() * (endUs - startUs));
  const timesUs = drawSorted(aggregates, () => {
    const centreUs = centresUs[Math.floor(random() * clusters)]!;
    const timeUs = Math.floor(centreUs + drawExponential(random, clusterSpreadUs));
    return Math.min(timeUs, endUs - 2);
  });
  if (startUs % usPerDay === 0) timesUs[0] = startUs;
  if (endUs % usPerDay === 0) timesUs[aggregates - 1] = endUs - 2;
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
function planQuoteTimes(plan: BlockPlan, orders: readonly Order[], random: Random): Float64Array {
  const { startUs, endUs } = plan;
  return drawSorted(plan.quotes, () => {
    const order = orders[Math.floor(random() * 2 * orders.length)];
    const timeUs =
      order === undefined
        ? startUs + Math.floor(random() * (endUs - startUs))
        : order.timeUs + 1 + Math.floor(random() * 3000);
    return Math.min(timeUs, endUs - 1);
  });
}

/** So many drawn numbers, ascending. */
function drawSorted(count: number, draw: () => number): Float64Array {
  const drawn = new Float64Array(count);
  for (let index = 0; index < count; index++) drawn[index] = draw();
  return drawn.sort();
}
