// The market model: trades and quotes as a function of seed, symbol and time alone. Time is cut into
// blocks; a block's first ids follow from its number and the rest is drawn from its own seed, so any
// moment can be generated without what came before it, and again, with the same result.
//
// Invariants: trade ids and aggregate ids are contiguous, update ids increase, times and event times
// never go back, the bid is below the ask, and trades happen at the best bid or ask or just beyond.

import { createActivity, type QuietPast } from './activity.ts';
import { type Block, generateBlock, isTrade, updatesPerQuote } from './block.ts';
import { type Book, createBook, type StandingQuote } from './book.ts';
import { findInstrument, type Instrument } from './instrument.ts';
import { hashNumbers, hashText } from './random.ts';

export type SymbolMarket = {
  instrument: Instrument;
  /** The number of the block that holds `timeUs`. */
  findBlockAt(timeUs: number): number;
  /** The number of the block that holds the trade or aggregate trade of that id. */
  findBlockOf(key: 'id' | 'aggregateId', id: number): number;
  /** The block of that number, from a small cache where it was generated before. */
  block(number: number): Block;
  /** The quote after every event up to `timeUs`. */
  quoteAt(timeUs: number): StandingQuote;
  /** The book after every event up to `timeUs`. */
  bookAt(timeUs: number): Book;
};

export type Market = ReadonlyMap<string, SymbolMarket>;

export type MarketOptions = {
  seed: number;
  symbols: readonly string[];
  /** Multiplies every symbol's activity; 1 is about 150 trades/s over the 13 majors. */
  rate?: number;
  quietPast?: QuietPast | undefined;
};

/** The market opens here; there is nothing before. 2017-07-14, a multiple of every block length. */
export const genesisUs = 1_499_990_400_000_000;

const blockLengthsMs = [60_000, 20_000, 10_000, 5000, 2000, 1000, 500, 200, 100];
const maxEventsPerBlock = 2000;
const quotesPerTrade = 4;
const tradesPerAggregate = 2;
const cachedBlocks = 8;
/** Enough for the slots of a second. */
const cachedBooks = 12;

export function createMarket({ seed, symbols, rate = 1, quietPast }: MarketOptions): Market {
  if (!(rate > 0)) throw new RangeError(`create market: rate must be above 0, got ${rate}`);
  const create = (symbol: string) =>
    createSymbolMarket(findInstrument(symbol), seed, rate, quietPast);
  return new Map(symbols.map((symbol) => [symbol, create(symbol)]));
}

function createSymbolMarket(
  instrument: Instrument,
  seed: number,
  rate: number,
  { untilUs: quietUntilUs, share: quietShare }: QuietPast = { untilUs: genesisUs, share: 1 },
): SymbolMarket {
  const key = hashNumbers(seed, hashText(instrument.symbol));
  const tradesPerMs = (instrument.tradesPerSecond * rate) / 1000;
  const eventsPerMs = tradesPerMs * (1 + quotesPerTrade);
  const blockMs = blockLengthsMs.find((ms) => ms * eventsPerMs <= maxEventsPerBlock) ?? 100;
  const blockUs = blockMs * 1000;
  const firstId = 1 + (hashNumbers(key, 1) % 1_000_000);
  const findBlockAt = (timeUs: number) => Math.max(0, Math.floor((timeUs - genesisUs) / blockUs));
  const { aggregatesBefore, quotesBefore, ...activity } = createActivity({
    key,
    aggregatesPerBlock: (tradesPerMs * blockMs) / tradesPerAggregate,
    quotesPerBlock: tradesPerMs * blockMs * quotesPerTrade,
    quietUntilBlock: findBlockAt(quietUntilUs),
    quietShare,
  });

  const findBlock = cacheLatest(cachedBlocks, (number: number) => {
    const before = aggregatesBefore(number);
    const aggregates = aggregatesBefore(number + 1) - before;
    return generateBlock({
      key,
      instrument,
      startUs: genesisUs + number * blockUs,
      endUs: genesisUs + (number + 1) * blockUs,
      firstTradeId: firstId + before * tradesPerAggregate,
      firstAggregateId: firstId + before,
      aggregates,
      trades: aggregates * tradesPerAggregate,
      quotes: quotesBefore(number + 1) - quotesBefore(number),
      openingUpdateId: firstId + quotesBefore(number) * updatesPerQuote,
    });
  });
  const quoteAt = (timeUs: number) => findQuoteAt(findBlock(findBlockAt(timeUs)), timeUs);

  return {
    instrument,
    block: findBlock,
    findBlockAt,
    findBlockOf(idKey, id) {
      const offset = Math.max(0, id - firstId);
      const aggregates = idKey === 'id' ? Math.floor(offset / tradesPerAggregate) : offset;
      return activity.findBlock(aggregates);
    },
    quoteAt,
    bookAt: cacheLatest(cachedBooks, (timeUs) => createBook(instrument, key, quoteAt(timeUs))),
  };
}

function findQuoteAt({ plan, opening, events }: Block, timeUs: number): StandingQuote {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.eventUs <= timeUs) low = middle + 1;
    else high = middle;
  }
  for (let index = low - 1; index >= 0; index--) {
    const event = events[index]!;
    if (isTrade(event)) continue;
    const changes = Math.ceil((event.updateId - plan.openingUpdateId) / updatesPerQuote);
    return { quote: event, updateId: plan.openingUpdateId + changes * updatesPerQuote };
  }
  return { quote: opening, updateId: plan.openingUpdateId };
}

/** Remembers the results for the last `count` different numbers. */
function cacheLatest<T>(count: number, make: (number: number) => T): (number: number) => T {
  const cache = new Map<number, T>();
  return (number) => {
    const cached = cache.get(number);
    if (cached !== undefined) return cached;
    const made = make(number);
    if (cache.size >= count) cache.delete(cache.keys().next().value!);
    cache.set(number, made);
    return made;
  };
}
