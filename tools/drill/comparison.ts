// What the exchange published against what is in the lake: every trade, and the bar of every second
// between the first and the last. Holds no effects.

import type { Kline } from '../simulator/klines.ts';
import type { Trade } from '../simulator/trade.ts';

export type LakeTrade = {
  symbol: string;
  id: number;
  price: number;
  quantity: number;
  buyerIsMaker: boolean;
  timeUs: number;
};
export type BarValues = Record<Exclude<keyof Kline, 'openTimeUs' | 'closeTimeUs'>, number>;
export type LakeBar = {
  symbol: string;
  openTimeUs: number;
  isComplete: boolean;
  values: BarValues;
};
export type LakeContent = { trades: readonly LakeTrade[]; bars: readonly LakeBar[] };

/** What the exchange published of a symbol while the lake was to record it. */
export type Published = {
  symbol: string;
  /** Without a hole. */
  trades: readonly Trade[];
  /** One per second, from the second after the first trade to the one before the last. */
  klines: readonly Kline[];
};

export type Comparison = {
  tradesSent: number;
  /** Of those that were sent. */
  tradesHeld: number;
  /** `BTCUSDT 17`; as are all the others. */
  missing: string[];
  doubled: string[];
  /** In the lake with another content. */
  altered: string[];
  secondsSent: number;
  /** Seconds that have a bar that equals the kline. */
  secondsEqual: number;
  secondsComplete: number;
  /** `BTCUSDT 2026-11-20T00:00:01Z high 2, not 3`. */
  wrongBars: string[];
};

export function compare(published: readonly Published[], lake: LakeContent): Comparison {
  const trades = published.map((one) => compareTrades(one, lake.trades));
  const bars = published.map((one) => compareBars(one, lake.bars));
  const add = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    tradesSent: add(published.map((one) => one.trades.length)),
    tradesHeld: add(trades.map(({ held }) => held)),
    missing: trades.flatMap(({ missing }) => missing),
    doubled: trades.flatMap(({ doubled }) => doubled),
    altered: trades.flatMap(({ altered }) => altered),
    secondsSent: add(published.map((one) => one.klines.length)),
    secondsEqual: add(bars.map(({ equal }) => equal)),
    secondsComplete: add(bars.map(({ complete }) => complete)),
    wrongBars: bars.flatMap(({ wrong }) => wrong),
  };
}

function compareTrades({ symbol, trades }: Published, inLake: readonly LakeTrade[]) {
  const counts = new Map<number, number>();
  const byId = new Map<number, LakeTrade>();
  for (const trade of inLake) {
    if (trade.symbol !== symbol) continue;
    counts.set(trade.id, (counts.get(trade.id) ?? 0) + 1);
    byId.set(trade.id, trade);
  }
  const name = (id: number) => `${symbol} ${id}`;
  const missing = trades.filter(({ id }) => !byId.has(id)).map(({ id }) => name(id));
  const doubled = [...counts].filter(([, count]) => count > 1).map(([id]) => name(id));
  const altered = trades.filter((trade) => isAltered(trade, byId.get(trade.id)));
  return {
    held: trades.length - missing.length,
    missing,
    doubled,
    altered: altered.map(({ id }) => name(id)),
  };
}

function isAltered(sent: Trade, held: LakeTrade | undefined): boolean {
  if (held === undefined) return false;
  return (
    held.price !== Number(sent.price) ||
    held.quantity !== Number(sent.quantity) ||
    held.timeUs !== sent.timeUs ||
    held.buyerIsMaker !== sent.buyerIsMaker
  );
}

function compareBars({ symbol, klines }: Published, inLake: readonly LakeBar[]) {
  const bars = new Map(
    inLake.filter((bar) => bar.symbol === symbol).map((bar) => [bar.openTimeUs, bar]),
  );
  const wrong: string[] = [];
  let complete = 0;
  for (const kline of klines) {
    const bar = bars.get(kline.openTimeUs);
    if (bar?.isComplete === true) complete++;
    const difference = bar === undefined ? 'has no bar' : findDifference(kline, bar.values);
    if (difference === undefined) continue;
    wrong.push(`${symbol} ${new Date(kline.openTimeUs / 1000).toISOString()} ${difference}`);
  }
  return { equal: klines.length - wrong.length, complete, wrong };
}

function findDifference(kline: Kline, held: BarValues): string | undefined {
  const sent = describeKline(kline);
  const key = Object.keys(sent).find(
    (name) => sent[name as keyof BarValues] !== held[name as keyof BarValues],
  ) as keyof BarValues | undefined;
  return key && `${key} ${held[key]}, not ${sent[key]}`;
}

/** Each value as the nearest double. */
function describeKline(kline: Kline): BarValues {
  const price = (value: bigint) => Number(`${value}e-8`);
  const quote = (value: bigint) => Number(`${value}e-16`);
  return {
    open: price(kline.open),
    high: price(kline.high),
    low: price(kline.low),
    close: price(kline.close),
    volumeBase: price(kline.volumeBase),
    volumeQuote: quote(kline.volumeQuote),
    takerBuyBase: price(kline.takerBuyBase),
    takerBuyQuote: quote(kline.takerBuyQuote),
    tradeCount: kline.tradeCount,
    firstTradeId: kline.firstTradeId,
    lastTradeId: kline.lastTradeId,
  };
}
