// The order book: the best quote and levels behind it, as a function of the quote and the update id.
// Levels stand at fixed prices, a step apart, and change their quantity now and then; so the book
// can be known at any moment, and what changed between two moments is their difference.

import { formatSteps, type Instrument } from './instrument.ts';
import { drawLots, type Quote } from './price-path.ts';
import { createRandom, hashNumbers } from './random.ts';

/** Lots by price in ticks, best first. */
export type BookSide = ReadonlyMap<number, number>;
export type Book = { updateId: number; bids: BookSide; asks: BookSide };

/** The best quote at a moment, and the last update id up to it. */
export type StandingQuote = { quote: Quote; updateId: number };

/** A level as written on the wire: price, quantity. */
export type WireLevel = readonly [string, string];

const levelsPerSide = 200;
/** How far the book reaches to either side, as a share of the price. */
const reach = 0.005;
const typicalLevelValue = 20_000;

export function createBook(
  instrument: Instrument,
  key: number,
  { quote, updateId }: StandingQuote,
): Book {
  const priceTicks = instrument.price * 10 ** instrument.priceDecimals;
  const step = Math.max(1, Math.floor((priceTicks * reach) / levelsPerSide));
  const findLots = (ticks: number) => findLevelLots(instrument, key, ticks, updateId);
  const bids = new Map([[quote.bid, quote.bidLots]]);
  const highest = Math.floor((quote.bid - 1) / step) * step;
  for (let ticks = highest; ticks > 0 && bids.size < levelsPerSide; ticks -= step) {
    bids.set(ticks, findLots(ticks));
  }
  const asks = new Map([[quote.ask, quote.askLots]]);
  const lowest = Math.ceil((quote.ask + 1) / step) * step;
  for (let ticks = lowest; asks.size < levelsPerSide; ticks += step) {
    asks.set(ticks, findLots(ticks));
  }
  return { updateId, bids, asks };
}

/** Prices whose quantity differs between two states of a side. */
export function findChanges(before: BookSide, after: BookSide): number[] {
  const changes: number[] = [];
  for (const [ticks, lots] of after) if (before.get(ticks) !== lots) changes.push(ticks);
  for (const ticks of before.keys()) if (!after.has(ticks)) changes.push(ticks);
  return changes;
}

/** Levels at the given prices as they stand now; a quantity of zero where there is none. */
export function formatLevels(
  instrument: Instrument,
  side: BookSide,
  prices: Iterable<number>,
): WireLevel[] {
  return Array.from(prices, (ticks) => [
    formatSteps(ticks, instrument.priceDecimals),
    formatSteps(side.get(ticks) ?? 0, instrument.quantityDecimals),
  ]);
}

/** The best `limit` levels, as REST and the partial depth streams show them. */
export function formatTopLevels(instrument: Instrument, book: Book, limit: number): string {
  const top = (side: BookSide) => formatLevels(instrument, side, [...side.keys()].slice(0, limit));
  const { updateId } = book;
  return JSON.stringify({ lastUpdateId: updateId, bids: top(book.bids), asks: top(book.asks) });
}

/** A level keeps its quantity for 100 to 3,000 update ids. */
function findLevelLots(instrument: Instrument, key: number, ticks: number, updateId: number) {
  const hash = hashNumbers(key, 6, ticks);
  const lifetime = 100 + (hash % 2900);
  const epoch = Math.floor((updateId + hash) / lifetime);
  return drawLots(instrument, typicalLevelValue, createRandom(hashNumbers(hash, epoch)));
}
