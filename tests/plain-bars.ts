// A second, plain implementation of bars_1s, straight from the contract, one symbol at a time, all in
// memory: the product is checked against it. Shares no code with the transformer.

import { nearestDouble, nearestRatio, parseScaled } from './plain-decimal.ts';

type Source = 'live' | 'rest' | 'archive';

export type PlainTrade = {
  id: number;
  price: string;
  quantity: string;
  timeUs: number;
  eventUs: number | undefined;
  recvUs: number;
  buyerIsMaker: boolean;
  source: Source;
};

export type PlainQuote = {
  recvUs: number;
  updateId: number;
  bid: string;
  bidQty: string;
  ask: string;
  askQty: string;
};

/** When the collector was listening, in exchange time, µs. */
export type PlainInterval = { fromUs: number; toUs: number };

/** A bar as read back from Parquet: window_start in seconds, everything else by its column name. */
export type PlainBar = Record<string, number | boolean | string | null>;

type FillRow =
  | { id: number; price: string; qty: string; time: number; isBuyerMaker: boolean }
  | { a: number; p: string; q: string; f: number; l: number; T: number; m: boolean };

const sources: readonly Source[] = ['live', 'rest', 'archive'];

const toUs = (time: number) => (time < 1e14 ? time * 1000 : time);

/** The trades and quotes of one raw line, if it holds any. */
export function parseRawLine(line: string): { trades: PlainTrade[]; quotes: PlainQuote[] } {
  const { recv, conn, event, msg } = JSON.parse(line);
  if (event !== undefined) return { trades: [], quotes: [] };
  if (conn === 'rest' || conn === 'archive') {
    const rows = [msg].flat() as FillRow[];
    const trades = rows.filter((row) => !('f' in row) || row.f === row.l).map(parseFillRow);
    return {
      trades: trades.map((trade) => ({ ...trade, eventUs: undefined, recvUs: recv, source: conn })),
      quotes: [],
    };
  }
  const { stream, data } = msg;
  if (stream.endsWith('@trade')) {
    const trade: PlainTrade = {
      id: data.t,
      price: data.p,
      quantity: data.q,
      timeUs: toUs(data.T),
      eventUs: toUs(data.E),
      recvUs: recv,
      buyerIsMaker: data.m,
      source: 'live',
    };
    return { trades: [trade], quotes: [] };
  }
  if (stream.endsWith('@bookTicker')) {
    const { u, b, B, a, A } = data;
    const quote = { recvUs: recv, updateId: u, bid: b, bidQty: B, ask: a, askQty: A };
    return { trades: [], quotes: [quote] };
  }
  return { trades: [], quotes: [] };
}

function parseFillRow(row: FillRow): Omit<PlainTrade, 'eventUs' | 'recvUs' | 'source'> {
  if ('f' in row) {
    const { f: id, p: price, q: quantity, T, m: buyerIsMaker } = row;
    return { id, price, quantity, timeUs: toUs(T), buyerIsMaker };
  }
  const { id, price, qty: quantity, time, isBuyerMaker: buyerIsMaker } = row;
  return { id, price, quantity, timeUs: toUs(time), buyerIsMaker };
}

/** Of several copies the live one, else the one of REST, then the one received first. In id order. */
export function dedupeTrades(trades: readonly PlainTrade[]): PlainTrade[] {
  const best = new Map<number, PlainTrade>();
  const rank = (trade: PlainTrade) => sources.indexOf(trade.source);
  for (const trade of trades) {
    const other = best.get(trade.id);
    const wins =
      other === undefined ||
      rank(trade) < rank(other) ||
      (rank(trade) === rank(other) && trade.recvUs < other.recvUs);
    if (wins) best.set(trade.id, trade);
  }
  return [...best.values()].sort((a, b) => a.id - b.id);
}

export function computeBars(
  lines: Iterable<string>,
  coverage: readonly PlainInterval[],
  clockOffsetMs: (second: number) => number | null = () => null,
): PlainBar[] {
  const allTrades: PlainTrade[] = [];
  const quotes: PlainQuote[] = [];
  for (const line of lines) {
    const read = parseRawLine(line);
    allTrades.push(...read.trades);
    quotes.push(...read.quotes);
  }
  const trades = dedupeTrades(allTrades);
  const tradesBySecond = groupBy(trades, (trade) => Math.floor(trade.timeUs / 1e6));
  const quotesBySecond = groupBy(quotes, (quote) => Math.floor(quote.recvUs / 1e6));
  const { observed, doubtful } = observeSeconds(trades, coverage);
  const quoteSeconds = [...quotesBySecond.keys()].sort((a, b) => a - b);
  const bars: PlainBar[] = [];
  let close = 0n;
  let lastQuote: PlainQuote | undefined;
  let nextQuoteSecond = 0;
  for (const second of [...observed].sort((a, b) => a - b)) {
    while (quoteSeconds[nextQuoteSecond]! <= second) {
      const inSecond = listUpdates(quotesBySecond.get(quoteSeconds[nextQuoteSecond++]!)!);
      lastQuote = inSecond.reduce((last, quote) => (isLater(quote, last) ? quote : last));
    }
    const bar = tradeColumns(tradesBySecond.get(second) ?? [], close);
    close = bar.closeScaled;
    bars.push({
      window_start: second,
      ...bar.columns,
      ...quoteColumns(quotesBySecond.get(second) ?? [], lastQuote),
      complete:
        !doubtful.has(second) &&
        coverage.some(
          ({ fromUs, toUs: end }) => fromUs <= second * 1e6 && end >= (second + 1) * 1e6,
        ),
      clock_offset_ms: clockOffsetMs(second),
    });
  }
  return bars;
}

/** Seconds that have a row, and seconds in which a trade may be missing. */
function observeSeconds(trades: readonly PlainTrade[], coverage: readonly PlainInterval[]) {
  const observed = new Set<number>();
  const doubtful = new Set<number>();
  const first = Math.min(...trades.map((trade) => Math.floor(trade.timeUs / 1e6)));
  for (const [index, trade] of trades.entries()) {
    const second = Math.floor(trade.timeUs / 1e6);
    observed.add(second);
    const before = trades[index - 1];
    if (before === undefined) continue;
    const seconds = [Math.floor(before.timeUs / 1e6), second].sort((a, b) => a - b);
    const into = before.id + 1 === trade.id ? observed : doubtful;
    for (let between = seconds[0]!; between <= seconds[1]!; between++) into.add(between);
  }
  for (const { fromUs, toUs: end } of coverage) {
    for (let second = Math.ceil(fromUs / 1e6); (second + 1) * 1e6 <= end; second++) {
      if (second >= first) observed.add(second);
    }
  }
  return { observed, doubtful };
}

function tradeColumns(trades: readonly PlainTrade[], previousClose: bigint) {
  const price = (trade: PlainTrade) => parseScaled(trade.price, 8);
  const quantity = (trade: PlainTrade) => parseScaled(trade.quantity, 8);
  const sum = (chosen: readonly PlainTrade[], of: (trade: PlainTrade) => bigint) =>
    chosen.reduce((total, trade) => total + of(trade), 0n);
  const value = (trade: PlainTrade) => price(trade) * quantity(trade);
  const bought = trades.filter((trade) => !trade.buyerIsMaker);
  const prices = trades.map(price).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const close = trades.length > 0 ? price(trades.at(-1)!) : previousClose;
  const base = sum(trades, quantity);
  const latencies = trades
    .filter((trade) => trade.source === 'live' && trade.eventUs !== undefined)
    .map((trade) => trade.recvUs - trade.eventUs!)
    .sort((a, b) => a - b);
  const latency = (index: number) => {
    const us = latencies.at(index);
    return us === undefined ? null : us / 1000;
  };
  return {
    closeScaled: close,
    columns: {
      open: nearestDouble(trades[0] === undefined ? previousClose : price(trades[0]), 8),
      high: nearestDouble(prices.at(-1) ?? previousClose, 8),
      low: nearestDouble(prices[0] ?? previousClose, 8),
      close: nearestDouble(close, 8),
      volume_base: nearestDouble(base, 8),
      volume_quote: nearestDouble(sum(trades, value), 16),
      taker_buy_base: nearestDouble(sum(bought, quantity), 8),
      taker_buy_quote: nearestDouble(sum(bought, value), 16),
      trade_count: trades.length,
      vwap: trades.length === 0 ? null : nearestRatio(sum(trades, value), base, 8),
      first_trade_id: trades[0]?.id ?? null,
      last_trade_id: trades.at(-1)?.id ?? null,
      latency_p50_ms: latency(Math.floor((latencies.length - 1) / 2)),
      latency_max_ms: latency(-1),
      backfilled: trades.filter((trade) => trade.source !== 'live').length,
      provenance:
        sources.findLast((source) => trades.some((trade) => trade.source === source)) ?? 'flat',
    },
  };
}

function quoteColumns(inSecond: readonly PlainQuote[], last: PlainQuote | undefined) {
  const updates = listUpdates(inSecond);
  const spread = (quote: PlainQuote) => parseScaled(quote.ask, 8) - parseScaled(quote.bid, 8);
  const total = updates.reduce((sum, quote) => sum + spread(quote), 0n);
  return {
    bid: last === undefined ? null : Number(last.bid),
    bid_qty: last === undefined ? null : Number(last.bidQty),
    ask: last === undefined ? null : Number(last.ask),
    ask_qty: last === undefined ? null : Number(last.askQty),
    spread: last === undefined ? null : nearestDouble(spread(last), 8),
    quote_count: updates.length,
    spread_mean: updates.length === 0 ? null : nearestRatio(total, BigInt(updates.length), 8),
  };
}

/** Each update once, where it was received first. */
function listUpdates(quotes: readonly PlainQuote[]): PlainQuote[] {
  const latestFirst = [...quotes].sort((a, b) => b.recvUs - a.recvUs);
  return [...new Map(latestFirst.map((quote) => [quote.updateId, quote])).values()];
}

function isLater(a: PlainQuote, b: PlainQuote): boolean {
  return a.recvUs > b.recvUs || (a.recvUs === b.recvUs && a.updateId > b.updateId);
}

function groupBy<T>(items: readonly T[], key: (item: T) => number): Map<number, T[]> {
  return Map.groupBy(items, key);
}
