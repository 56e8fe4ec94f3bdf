import { describe, expect, it } from 'vitest';
import { formatDecimal, formatProduct, parseDecimal } from './decimal.ts';
import { KlineCache } from './kline-cache.ts';
import { computeKlines, findKlines, intervalsUs } from './klines.ts';
import { createMarket } from './market.ts';
import { createMarketHistory } from './market-history.ts';
import { pauseMarket } from './paused-market.ts';
import { noonUs } from './test-client.ts';
import type { Trade } from './trade.ts';
import { TradingPauses } from './trading-pauses.ts';

const secondUs = 1_000_000;

function trade(id: number, atUs: number, price: string, quantity: string, maker = false): Trade {
  const timeUs = noonUs + atUs;
  return { id, aggregateId: id, price, quantity, timeUs, eventUs: timeUs, buyerIsMaker: maker };
}

describe('klines', () => {
  it('follow from the trades: open and close by id, taker volume apart, empty seconds flat', () => {
    const trades = [
      trade(7, 0, '0.31600000', '27.00000000', true),
      trade(8, 2_999_999, '0.31602000', '10.00000000'),
      trade(9, 2_999_999, '0.31590000', '7.00000000', true),
      trade(10, 3_000_000, '0.31601000', '0.00000001'),
    ];
    const klines = computeKlines(trades, secondUs, noonUs, noonUs + 5 * secondUs, undefined);
    const rows = klines.map((kline) => [
      (kline.openTimeUs - noonUs) / secondUs,
      (kline.closeTimeUs - noonUs) % secondUs,
      ...[kline.open, kline.high, kline.low, kline.close, kline.volumeBase].map(formatDecimal),
      formatProduct(kline.volumeQuote),
      kline.tradeCount,
      formatDecimal(kline.takerBuyBase),
      formatProduct(kline.takerBuyQuote),
      kline.firstTradeId,
      kline.lastTradeId,
    ]);
    const flat = (price: string) => [price, price, price, price];
    const none = '0.00000000';
    expect(rows).toEqual([
      [0, 999_999, ...flat('0.31600000'), '27.00000000', '8.53200000', 1, none, none, 7, 7],
      [1, 999_999, ...flat('0.31600000'), none, none, 0, none, none, -1, -1],
      [2, 999_999, '0.31602000', '0.31602000', '0.31590000', '0.31590000', '17.00000000']
        .concat(['5.37150000'])
        .concat([2, '10.00000000', '3.16020000', 8, 9] as never[]),
      [3, 999_999, ...flat('0.31601000'), '0.00000001', none, 1, '0.00000001', none, 10, 10],
      [4, 999_999, ...flat('0.31601000'), none, none, 0, none, none, -1, -1],
    ]);
  });

  it('equal a second computation in floating point over the market', () => {
    const market = createMarket({ seed: 3, symbols: ['SOLUSDT'] });
    const untilUs = noonUs + 300 * secondUs;
    const history = createMarketHistory(market, noonUs - 60 * secondUs, () => untilUs);
    const klines = findKlines(history, 'SOLUSDT', secondUs, noonUs, untilUs);
    const trades = [...history.scan('SOLUSDT', 'timeUs', noonUs)];
    const bySecond = Map.groupBy(trades, ({ timeUs }) => Math.floor((timeUs - noonUs) / secondUs));
    expect(klines).toHaveLength(300);
    let close = Number.NaN;
    for (const [second, kline] of klines.entries()) {
      const inside = bySecond.get(second) ?? [];
      const prices = inside.map(({ price }) => Number(price));
      const [open = second === 0 ? Number(kline.open) / 1e8 : close] = prices;
      close = prices.at(-1) ?? open;
      expect(Number(kline.open) / 1e8).toBe(open);
      expect(Number(kline.close) / 1e8).toBe(close);
      expect(Number(kline.high) / 1e8).toBe(Math.max(open, ...prices));
      expect(Number(kline.low) / 1e8).toBe(Math.min(open, ...prices));
      expect(kline.tradeCount).toBe(inside.length);
      const quote = inside.reduce((sum, { price, quantity }) => sum + +price * +quantity, 0);
      expect(Number(kline.volumeQuote) / 1e16).toBeCloseTo(quote, 6);
    }
  });

  it('begin with the first trade there is, and go on flat after the last', () => {
    const market = createMarket({ seed: 3, symbols: ['DOTUSDT'] });
    const history = createMarketHistory(market, noonUs, () => noonUs + 60 * secondUs);
    const [first] = history.scan('DOTUSDT', 'id', 0);
    const klines = findKlines(history, 'DOTUSDT', secondUs, 0, noonUs + 60 * secondUs);
    expect(klines[0]!.openTimeUs).toBe(Math.floor(first!.timeUs / secondUs) * secondUs);
    expect(klines.at(-1)!.openTimeUs).toBe(noonUs + 59 * secondUs);
    expect(history.lastBefore('DOTUSDT', noonUs)).toBeUndefined();
  });

  it('reads decimals exactly, beyond what a double holds', () => {
    expect(parseDecimal('12345678901.00000001')).toBe(1_234_567_890_100_000_001n);
    expect(formatDecimal(1_234_567_890_100_000_001n)).toBe('12345678901.00000001');
    expect(parseDecimal('5')).toBe(500_000_000n);
    expect(formatDecimal(1n)).toBe('0.00000001');
    expect(formatProduct(parseDecimal('0.00000003') * parseDecimal('0.5'))).toBe('0.00000002');
  });
});

describe('klines that are kept', () => {
  let nowUs: number;

  function openCache(symbol: string, sinceUs: number, pauses?: TradingPauses) {
    const market = createMarket({ seed: 3, symbols: [symbol] });
    const paused = pauses === undefined ? market : pauseMarket(market, pauses);
    const history = createMarketHistory(paused, sinceUs, () => nowUs, pauses);
    const cache = new KlineCache(history, () => nowUs);
    return async (intervalUs: number, from: number, until: number, limit: number) => {
      const span = [intervalUs, noonUs + from * 1e6, noonUs + until * 1e6, limit] as const;
      return [await cache.find(symbol, ...span), findKlines(history, symbol, ...span)];
    };
  }

  it('are those of the history for any span, limit and moment', async () => {
    nowUs = noonUs + 290 * secondUs;
    const find = openCache('DOTUSDT', noonUs + 7 * secondUs);
    for (const [from, until, limit] of [
      [-500, 290, 1000],
      [0, 120, 1000],
      [30.5, 250.5, 1000],
      [59, 61, 1000],
      [61, 290, 59],
      [61, 290, 60],
      [200, 290, 5],
      [289, 290, 1],
    ] as const) {
      for (let asked = 0; asked < 2; asked++) {
        const [kept, expected] = await find(secondUs, from, until, limit);
        expect(kept).toEqual(expected);
      }
      nowUs += 100_000;
    }
    nowUs += 100 * secondUs;
    const [kept, expected] = await find(secondUs, 0, 400, 1000);
    expect(kept).toEqual(expected);
  });

  it('make longer ones that are those of the trades, around a pause and up to now, too', async () => {
    nowUs = noonUs + 4000 * secondUs;
    const pauses = new TradingPauses();
    pauses.add({ fromUs: noonUs + 400 * secondUs, untilUs: noonUs + 1000 * secondUs });
    const find = openCache('TRXUSDT', noonUs - 1234 * secondUs, pauses);
    for (const interval of ['1m', '3m', '5m', '15m', '1h', '1d']) {
      const [kept, expected] = await find(intervalsUs[interval]!, -1500, 4000, 1000);
      expect([interval, kept]).toEqual([interval, expected]);
      expect(kept!.length).toBeGreaterThan(0);
    }
    nowUs += 77 * secondUs;
    const [kept, expected] = await find(intervalsUs['15m']!, -1500, 4077, 4);
    expect(kept).toHaveLength(4);
    expect(kept).toEqual(expected);
  });
});
