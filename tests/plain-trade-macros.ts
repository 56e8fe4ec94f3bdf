// What the catalog's macros over trades answer, computed a second time from the trades that a test wrote: plain loops in
// whole numbers, one symbol at a time. Shares nothing with the catalog.

import type { PlainRow, PlainSecond } from './plain-macros.ts';

export type PlainTrade = {
  id: number;
  us: number;
  /** Decimals of eight places. */
  price: string;
  quantity: string;
  maker: boolean;
};

const toUnits = (text: string) => BigInt(text.replace('.', ''));
/** The nearest double of a number of units of 10^-places. */
const toDouble = (units: bigint, places: number) => Number(`${units}e-${places}`);

type Weigh = (trade: PlainTrade) => bigint;
export const weighOne: Weigh = () => 1n;
export const weighBase: Weigh = ({ quantity }) => toUnits(quantity);
export const weighQuote: Weigh = ({ price, quantity }) => toUnits(price) * toUnits(quantity);

const sum = (trades: readonly PlainTrade[], weigh: Weigh) =>
  trades.reduce((total, trade) => total + weigh(trade), 0n);

/** Bars that end when they hold `limit`; a trade is of the bar it begins in. */
export function cutBySize(trades: readonly PlainTrade[], weigh: Weigh, limit: bigint): PlainRow[] {
  let reached = 0n;
  const cut = new Map<number, PlainTrade[]>();
  for (const trade of trades.toSorted((a, b) => a.id - b.id)) {
    const bar = Number(reached / limit);
    cut.set(bar, [...(cut.get(bar) ?? []), trade]);
    reached += weigh(trade);
  }
  return describeBars(cut);
}

export function cutByTime(trades: readonly PlainTrade[], seconds: number): PlainRow[] {
  const cut = new Map<number, PlainTrade[]>();
  for (const trade of trades.toSorted((a, b) => a.id - b.id)) {
    const bar = Math.floor(trade.us / 1e6 / seconds);
    cut.set(bar, [...(cut.get(bar) ?? []), trade]);
  }
  return describeBars(cut);
}

function describeBars(cut: ReadonlyMap<number, readonly PlainTrade[]>): PlainRow[] {
  let lastId: number | undefined;
  return [...cut].map(([bar, trades]) => {
    const prices = trades.map(({ price }) => Number(price));
    const buys = trades.filter(({ maker }) => !maker);
    const [base, quote] = [sum(trades, weighBase), sum(trades, weighQuote)];
    const [first, last] = [trades[0]!, trades.at(-1)!];
    const missing = last.id - (lastId ?? first.id - 1) - trades.length;
    lastId = last.id;
    return {
      bar,
      from_us: Math.min(...trades.map(({ us }) => us)),
      to_us: Math.max(...trades.map(({ us }) => us)),
      open: prices[0]!,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1)!,
      volume_base: toDouble(base, 8),
      volume_quote: toDouble(quote, 16),
      taker_buy_base: toDouble(sum(buys, weighBase), 8),
      taker_buy_quote: toDouble(sum(buys, weighQuote), 16),
      trade_count: trades.length,
      vwap: base === 0n ? null : toDouble(quote, 16) / toDouble(base, 8),
      first_trade_id: first.id,
      last_trade_id: last.id,
      trades_missing: missing,
    };
  });
}

export function listLevels(trades: readonly PlainTrade[], step: string): PlainRow[] {
  const width = toUnits(step);
  const levels = new Map<bigint, PlainTrade[]>();
  for (const trade of trades) {
    const level = toUnits(trade.price) / width;
    levels.set(level, [...(levels.get(level) ?? []), trade]);
  }
  const all = toDouble(sum(trades, weighBase), 8);
  const ids = trades.map(({ id }) => id);
  const missing = Math.max(...ids) - Math.min(...ids) + 1 - ids.length;
  return [...levels]
    .sort(([a], [b]) => Number(a - b))
    .map(([level, within]) => {
      const bought = within.filter(({ maker }) => !maker);
      const sold = within.filter(({ maker }) => maker);
      const base = toDouble(sum(within, weighBase), 8);
      return {
        price_from: toDouble(level * width, 8),
        price_to: toDouble((level + 1n) * width, 8),
        volume_base: base,
        volume_quote: toDouble(sum(within, weighQuote), 16),
        taker_buy_base: toDouble(sum(bought, weighBase), 8),
        taker_sell_base: toDouble(sum(sold, weighBase), 8),
        trade_count: within.length,
        share_percent: all === 0 ? null : (100 * base) / all,
        trades_missing: missing,
      };
    });
}

/** Each trade with the last quote of a second before its own. */
export function quoteTrades(
  trades: readonly PlainTrade[],
  seconds: readonly PlainSecond[],
): PlainRow[] {
  const bySecond = new Map(seconds.map((row) => [row.second, row]));
  const first = Math.min(...seconds.map(({ second }) => second));
  return trades
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, us, price, maker }) => {
      const second = Math.floor(us / 1e6);
      let at = second - 1;
      let complete = true;
      for (; at >= first && (bySecond.get(at)?.quote_count ?? 0) === 0; at--) {
        complete &&= bySecond.get(at)?.complete ?? false;
      }
      const quote = at < first ? undefined : bySecond.get(at)!;
      const twice = quote === undefined ? null : quote.bid! + quote.ask!;
      const paid = twice === null ? null : (2 * Number(price) - twice) * (maker ? -1 : 1);
      return {
        trade_id: id,
        side: maker ? 'sell' : 'buy',
        quoted: quote === undefined ? null : at + 1,
        age: quote === undefined ? null : second - at - 1,
        bid: quote?.bid ?? null,
        ask: quote?.ask ?? null,
        quoted_spread: quote === undefined ? null : quote.ask! - quote.bid!,
        effective_spread: paid,
        effective_spread_bps: paid === null ? null : (1e4 * paid) / (twice! / 2),
        complete: quote !== undefined && complete && quote.complete,
      };
    });
}

/** Each range of ids that is missing, with the seconds of the trade before and after it. */
export function listMissing(trades: readonly PlainTrade[]): PlainRow[] {
  const sorted = trades.toSorted((a, b) => a.id - b.id);
  return sorted.slice(1).flatMap((after, index) => {
    const before = sorted[index]!;
    if (after.id === before.id + 1) return [];
    return [
      {
        first_trade_id: before.id + 1,
        last_trade_id: after.id - 1,
        trades: after.id - before.id - 1,
        from_second: Math.floor(before.us / 1e6),
        to_second: Math.floor(after.us / 1e6) + 1,
      },
    ];
  });
}
