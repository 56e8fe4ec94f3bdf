// The REST endpoints of the market data: what each costs and what it answers. Holds no effects.
// Source: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-06-01.

import { groupAggregates } from './aggregates.ts';
import { formatDecimal, formatProduct, parseDecimal } from './decimal.ts';
import { scaleTime, type TimeUnit } from './frames.ts';
import { formatSteps, type Instrument } from './instrument.ts';
import { RestError, type RestParameters } from './rest-parameters.ts';
import type { Source } from './source.ts';
import type { Trade, TradeHistory } from './trade.ts';

export type RestContext = {
  source: Source;
  /** The trades REST still knows; klines are of all of them. */
  history: TradeHistory;
  unit: TimeUnit;
  weightPerMinute: number;
};

export type Endpoint = {
  weight(parameters: RestParameters): number;
  /** The body, as JSON text. Throws RestError. */
  answer(parameters: RestParameters, context: RestContext): string | Promise<string>;
};

export const endpoints: Readonly<Record<string, Endpoint>> = {
  '/api/v3/ping': { weight: () => 1, answer: () => '{}' },
  '/api/v3/time': {
    weight: () => 1,
    answer: (_, { source, unit }) => `{"serverTime":${scaleTime(source.nowUs(), unit)}}`,
  },
  '/api/v3/exchangeInfo': { weight: () => 20, answer: answerExchangeInfo },
  '/api/v3/trades': { weight: () => 25, answer: answerRecentTrades },
  '/api/v3/historicalTrades': { weight: () => 25, answer: answerHistoricalTrades },
  '/api/v3/aggTrades': { weight: () => 4, answer: answerAggregateTrades },
  '/api/v3/klines': { weight: () => 2, answer: answerKlines },
  '/api/v3/depth': { weight: weighDepth, answer: answerDepth },
};

function answerRecentTrades(parameters: RestParameters, context: RestContext): string {
  const symbol = parameters.symbol();
  return formatTrades(findLatest(symbol, parameters.limit(500, 1000), context), context.unit);
}

function answerHistoricalTrades(parameters: RestParameters, context: RestContext): string {
  const symbol = parameters.symbol();
  const limit = parameters.limit(500, 1000);
  const fromId = parameters.integer('fromId');
  const trades =
    fromId === undefined
      ? findLatest(symbol, limit, context)
      : take(context.history.scan(symbol, 'id', fromId), limit);
  return formatTrades(trades, context.unit);
}

function findLatest(symbol: string, limit: number, { history }: RestContext): Trade[] {
  const last = history.last(symbol);
  if (last === undefined) return [];
  return take(history.scan(symbol, 'id', last.id - limit + 1), limit);
}

function formatTrades(trades: readonly Trade[], unit: TimeUnit): string {
  const rows = trades.map((trade) => ({
    id: trade.id,
    price: trade.price,
    qty: trade.quantity,
    quoteQty: formatProduct(parseDecimal(trade.price) * parseDecimal(trade.quantity)),
    time: scaleTime(trade.timeUs, unit),
    isBuyerMaker: trade.buyerIsMaker,
    isBestMatch: true,
  }));
  return JSON.stringify(rows);
}

function answerAggregateTrades(parameters: RestParameters, { history, unit }: RestContext): string {
  const symbol = parameters.symbol();
  const limit = parameters.limit(500, 1000);
  const fromId = parameters.integer('fromId');
  const startUs = parameters.timeUs('startTime');
  const endUs = parameters.timeUs('endTime') ?? Number.POSITIVE_INFINITY;
  // A time in milliseconds includes the whole millisecond.
  const afterEndUs = endUs % 1000 === 0 ? endUs + 1000 : endUs + 1;
  let trades: Iterable<Trade>;
  if (fromId !== undefined) trades = history.scan(symbol, 'aggregateId', fromId);
  else if (startUs !== undefined) trades = history.scan(symbol, 'timeUs', startUs);
  else {
    const last = history.lastBefore(symbol, afterEndUs);
    const firstId = (last?.aggregateId ?? 0) - limit + 1;
    trades = history.scan(symbol, 'aggregateId', firstId);
  }
  const rows = takeWhile(groupAggregates(trades), limit, ({ timeUs }) => timeUs < afterEndUs);
  return JSON.stringify(
    rows.map((trade) => ({
      a: trade.id,
      p: trade.price,
      q: trade.quantity,
      f: trade.firstTradeId,
      l: trade.lastTradeId,
      T: scaleTime(trade.timeUs, unit),
      m: trade.buyerIsMaker,
      M: true,
    })),
  );
}

async function answerKlines(
  parameters: RestParameters,
  { source, unit }: RestContext,
): Promise<string> {
  const symbol = parameters.symbol();
  const { us } = parameters.interval();
  const limit = parameters.limit(500, 1000);
  const nowUs = source.nowUs();
  const startUs = parameters.timeUs('startTime');
  const endUs = Math.min(nowUs, parameters.timeUs('endTime') ?? nowUs);
  const latestStartUs = Math.floor(endUs / us) * us - (limit - 1) * us;
  // Klines are found by their open time: the first is the first that opens at or after the start.
  const fromUs = startUs === undefined ? latestStartUs : Math.ceil(startUs / us) * us;
  const klines = await source.findKlines(symbol, us, fromUs, endUs + 1, limit);
  const rows = klines.map((kline) => [
    scaleTime(kline.openTimeUs, unit),
    formatDecimal(kline.open),
    formatDecimal(kline.high),
    formatDecimal(kline.low),
    formatDecimal(kline.close),
    formatDecimal(kline.volumeBase),
    scaleTime(kline.closeTimeUs, unit),
    formatProduct(kline.volumeQuote),
    kline.tradeCount,
    formatDecimal(kline.takerBuyBase),
    formatProduct(kline.takerBuyQuote),
    '0',
  ]);
  return JSON.stringify(rows);
}

function weighDepth(parameters: RestParameters): number {
  const limit = parameters.limit(100, 5000);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1000 ? 50 : 250;
}

function answerDepth(parameters: RestParameters, { source }: RestContext): string {
  const depth = source.findDepth(parameters.symbol(), parameters.limit(100, 5000));
  if (depth === undefined) throw new RestError(-1000, 'The recording holds no depth.', 500);
  return depth;
}

function answerExchangeInfo(parameters: RestParameters, context: RestContext): string {
  const { source, unit, weightPerMinute } = context;
  const wanted = parameters.symbols();
  const instruments = source.instruments.filter(({ symbol }) => wanted?.includes(symbol) ?? true);
  const minute = { interval: 'MINUTE', intervalNum: 1 };
  const rateLimits = [
    { rateLimitType: 'REQUEST_WEIGHT', ...minute, limit: weightPerMinute },
    { rateLimitType: 'RAW_REQUESTS', ...minute, intervalNum: 5, limit: 300_000 },
  ];
  return JSON.stringify({
    timezone: 'UTC',
    serverTime: scaleTime(source.nowUs(), unit),
    rateLimits,
    exchangeFilters: [],
    symbols: instruments.map(describeInstrument),
  });
}

function describeInstrument(instrument: Instrument) {
  const { symbol, base, quote, priceDecimals, quantityDecimals } = instrument;
  const tickSize = formatSteps(1, priceDecimals);
  const stepSize = formatSteps(1, quantityDecimals);
  return {
    symbol,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice: '1000000.00000000', tickSize },
      { filterType: 'LOT_SIZE', minQty: stepSize, maxQty: '900000000.00000000', stepSize },
    ],
    permissionSets: [['SPOT']],
  };
}

function take<T>(items: Iterable<T>, limit: number): T[] {
  return takeWhile(items, limit, () => true);
}

function takeWhile<T>(items: Iterable<T>, limit: number, holds: (item: T) => boolean): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (!holds(item)) break;
    taken.push(item);
    if (taken.length >= limit) break;
  }
  return taken;
}
