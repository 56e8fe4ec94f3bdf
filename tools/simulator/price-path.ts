// Where the price goes: a random walk that can be entered at any moment. At the ends of a block the
// price is a sum of noises of doubling period, known from the time alone; within the block the best
// bid and ask wander from one end to the other.

import type { Instrument } from './instrument.ts';
import { createRandom, drawNormal, hashNumbers, type Random } from './random.ts';

/** Best bid and ask; prices in ticks, quantities in lots. The bid is below the ask. */
export type Quote = { bid: number; bidLots: number; ask: number; askLots: number };

export type PriceWalk = { key: number; instrument: Instrument };

/** Deviation of the price over a day, as a share of it. */
const dailyVolatility = 0.03;
/** The share of quote changes in which the price moves, rather than a quantity alone. */
const moveShare = 0.2;
const usPerDay = 86_400_000_000;
const shortestPeriodUs = 500_000;
const octaves = 21;
/** Value of a typical quantity at the best price, in quote currency. */
const typicalQuoteValue = 9000;

/** The quote that stands at `timeUs`, the boundary of two blocks. */
export function findBoundaryQuote(walk: PriceWalk, timeUs: number): Quote {
  const random = createRandom(hashNumbers(walk.key, 5, timeUs));
  return drawQuote(walk.instrument, findLogPrice(walk, timeUs), random);
}

/**
 * The quotes on the way from one boundary to the next: each call gives the one that follows, and
 * the last of `count` is the boundary quote at `endUs`.
 */
export function createPricePath(
  walk: PriceWalk,
  startUs: number,
  endUs: number,
  count: number,
  random: Random,
): (standing: Quote) => Quote {
  const target = findLogPrice(walk, endUs);
  const moves = Math.max(1, count * moveShare);
  const step = dailyVolatility * Math.sqrt((endUs - startUs) / usPerDay / moves);
  let logPrice = findLogPrice(walk, startUs);
  let left = count;
  return (standing) => {
    if (left <= 1) return findBoundaryQuote(walk, endUs);
    if (random() < moveShare) {
      const drift = (target - logPrice) / Math.max(1, left * moveShare);
      logPrice += drift + step * drawNormal(random);
    }
    left--;
    return changeQuote(walk.instrument, standing, logPrice, random);
  };
}

/** Lots worth about `value` in quote currency, widely spread, at least one. */
export function drawLots(instrument: Instrument, value: number, random: Random): number {
  const typical = (value / instrument.price) * 10 ** instrument.quantityDecimals;
  return Math.max(1, Math.floor(typical * Math.exp(1.3 * drawNormal(random))));
}

function findLogPrice({ key, instrument }: PriceWalk, timeUs: number): number {
  let logPrice = Math.log(instrument.price);
  for (let octave = 0; octave < octaves; octave++) {
    const periodUs = shortestPeriodUs * 2 ** octave;
    const position = Math.floor(timeUs / periodUs);
    const share = timeUs / periodUs - position;
    const from = hashNumbers(key, 4, octave, position);
    const to = hashNumbers(key, 4, octave, position + 1);
    const noise = (from + (to - from) * share) / 0x8000_0000 - 1;
    logPrice += noise * dailyVolatility * Math.sqrt(periodUs / usPerDay);
  }
  return logPrice;
}

/** Most changes are of one quantity; both are drawn again where the price has moved. */
function changeQuote(
  instrument: Instrument,
  standing: Quote,
  logPrice: number,
  random: Random,
): Quote {
  const next = drawQuote(instrument, logPrice, random);
  if (next.bid !== standing.bid || next.ask !== standing.ask) return next;
  return random() < 0.5
    ? { ...standing, bidLots: next.bidLots }
    : { ...standing, askLots: next.askLots };
}

function drawQuote(instrument: Instrument, logPrice: number, random: Random): Quote {
  const bid = Math.max(1, Math.floor(Math.exp(logPrice) * 10 ** instrument.priceDecimals));
  const wide = random() < 0.03 ? 1 + Math.floor(random() * 4) : 0;
  const bidLots = drawLots(instrument, typicalQuoteValue, random);
  const askLots = drawLots(instrument, typicalQuoteValue, random);
  return { bid, bidLots, ask: bid + 1 + wide, askLots };
}
