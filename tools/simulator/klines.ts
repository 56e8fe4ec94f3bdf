// Klines as they follow from the trades, in whole-number arithmetic: a trade belongs to the interval
// that holds its trade time, open and close are the first and last by trade id, and an interval
// without a trade is flat at the close before it. There is nothing before the first trade, and nothing of
// an interval in which the exchange did not trade.

import { parseDecimal } from './decimal.ts';
import type { Trade, TradeHistory } from './trade.ts';

/** Prices and base volumes in units of 10^-8, quote volumes in units of 10^-16. */
export type Kline = {
  openTimeUs: number;
  /** The last microsecond of the interval. */
  closeTimeUs: number;
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  volumeBase: bigint;
  volumeQuote: bigint;
  takerBuyBase: bigint;
  takerBuyQuote: bigint;
  tradeCount: number;
  /** -1 where there was no trade. */
  firstTradeId: number;
  lastTradeId: number;
};

const secondUs = 1_000_000;
const minuteUs = 60 * secondUs;
const hourUs = 60 * minuteUs;

/** Length of each interval in microseconds; all of them begin at multiples of it. */
export const intervalsUs: Readonly<Record<string, number>> = {
  '1s': secondUs,
  '1m': minuteUs,
  '3m': 3 * minuteUs,
  '5m': 5 * minuteUs,
  '15m': 15 * minuteUs,
  '30m': 30 * minuteUs,
  '1h': hourUs,
  '2h': 2 * hourUs,
  '4h': 4 * hourUs,
  '6h': 6 * hourUs,
  '8h': 8 * hourUs,
  '12h': 12 * hourUs,
  '1d': 24 * hourUs,
};

/**
 * The klines of the intervals that begin at or after the one that holds `fromUs` and before
 * `untilUs`, from the first trade on, at most `limit`.
 */
export function findKlines(
  history: TradeHistory,
  symbol: string,
  intervalUs: number,
  fromUs: number,
  untilUs: number,
  limit = Number.POSITIVE_INFINITY,
): Kline[] {
  const first = history.first(symbol);
  if (first === undefined) return [];
  const startUs = alignDown(Math.max(fromUs, first.timeUs), intervalUs);
  const endUs = Math.min(
    alignDown(untilUs - 1, intervalUs) + intervalUs,
    startUs + limit * intervalUs,
  );
  const before = history.lastBefore(symbol, startUs);
  const previousClose = before === undefined ? undefined : parseDecimal(before.price);
  const trades = takeUntil(history.scan(symbol, 'timeUs', startUs), endUs);
  const klines = computeKlines(trades, intervalUs, startUs, endUs, previousClose);
  return klines.filter(
    ({ openTimeUs }) => history.isPaused?.(openTimeUs, openTimeUs + intervalUs) !== true,
  );
}

/**
 * The klines of `startUs` (a multiple of the interval) to `endUs` from the trades of that time.
 * Intervals before the first trade are flat at `previousClose`, or left out where there is none.
 */
export function computeKlines(
  trades: Iterable<Trade>,
  intervalUs: number,
  startUs: number,
  endUs: number,
  previousClose: bigint | undefined,
): Kline[] {
  const traded = new Map<number, Kline>();
  for (const trade of trades) {
    const openTimeUs = alignDown(trade.timeUs, intervalUs);
    const price = parseDecimal(trade.price);
    const kline = traded.get(openTimeUs) ?? createFlatKline(openTimeUs, intervalUs, price);
    traded.set(openTimeUs, kline);
    addTrade(kline, trade, price);
  }
  const klines: Kline[] = [];
  let close = previousClose;
  for (let openTimeUs = startUs; openTimeUs < endUs; openTimeUs += intervalUs) {
    const kline =
      traded.get(openTimeUs) ??
      (close === undefined ? undefined : createFlatKline(openTimeUs, intervalUs, close));
    if (kline === undefined) continue;
    close = kline.close;
    klines.push(kline);
  }
  return klines;
}

/** The kline of an interval from those of its parts, at least one, in order. */
export function mergeKlines(
  parts: readonly Kline[],
  openTimeUs: number,
  intervalUs: number,
): Kline {
  const traded = parts.filter(({ tradeCount }) => tradeCount > 0);
  const [first] = traded;
  const last = traded.at(-1);
  if (first === undefined || last === undefined) {
    return createFlatKline(openTimeUs, intervalUs, parts[0]!.close);
  }
  const merged = createFlatKline(openTimeUs, intervalUs, first.open);
  for (const part of traded) {
    if (part.high > merged.high) merged.high = part.high;
    if (part.low < merged.low) merged.low = part.low;
    merged.volumeBase += part.volumeBase;
    merged.volumeQuote += part.volumeQuote;
    merged.takerBuyBase += part.takerBuyBase;
    merged.takerBuyQuote += part.takerBuyQuote;
    merged.tradeCount += part.tradeCount;
  }
  const { close, lastTradeId } = last;
  return { ...merged, close, firstTradeId: first.firstTradeId, lastTradeId };
}

function* takeUntil(trades: Iterable<Trade>, endUs: number): Generator<Trade> {
  for (const trade of trades) {
    if (trade.timeUs >= endUs) return;
    yield trade;
  }
}

function createFlatKline(openTimeUs: number, intervalUs: number, price: bigint): Kline {
  return {
    openTimeUs,
    closeTimeUs: openTimeUs + intervalUs - 1,
    open: price,
    high: price,
    low: price,
    close: price,
    volumeBase: 0n,
    volumeQuote: 0n,
    takerBuyBase: 0n,
    takerBuyQuote: 0n,
    tradeCount: 0,
    firstTradeId: -1,
    lastTradeId: -1,
  };
}

function addTrade(kline: Kline, trade: Trade, price: bigint): void {
  const quantity = parseDecimal(trade.quantity);
  if (kline.tradeCount === 0) kline.firstTradeId = trade.id;
  kline.lastTradeId = trade.id;
  kline.tradeCount++;
  kline.close = price;
  if (price > kline.high) kline.high = price;
  if (price < kline.low) kline.low = price;
  kline.volumeBase += quantity;
  kline.volumeQuote += price * quantity;
  if (trade.buyerIsMaker) return;
  kline.takerBuyBase += quantity;
  kline.takerBuyQuote += price * quantity;
}

function alignDown(timeUs: number, intervalUs: number): number {
  return Math.floor(timeUs / intervalUs) * intervalUs;
}
