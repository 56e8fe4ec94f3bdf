import { describe, expect, it } from 'vitest';
import { computeKlines } from '../simulator/klines.ts';
import type { Trade } from '../simulator/trade.ts';
import { compare, type LakeContent, type Published } from './comparison.ts';

const secondUs = 1_000_000;
const trade = (id: number, timeUs: number, price: string, quantity: string): Trade => ({
  id,
  aggregateId: id,
  price,
  quantity,
  timeUs,
  eventUs: timeUs,
  buyerIsMaker: id % 2 === 0,
});
const trades = [
  trade(1, 0.5 * secondUs, '10.10000000', '0.30000000'),
  trade(2, 1.2 * secondUs, '10.20000000', '0.10000000'),
  trade(3, 1.7 * secondUs, '10.05000000', '3.00000000'),
  trade(4, 3.1 * secondUs, '10.15000000', '1.00000000'),
];
const klines = computeKlines(trades, secondUs, 0, 4 * secondUs, undefined).slice(1, 3);
const published: Published = { symbol: 'BTCUSDT', trades, klines };

/** A lake that holds everything. */
function makeLake(): {
  trades: LakeContent['trades'][number][];
  bars: LakeContent['bars'][number][];
} {
  const flat = { volumeBase: 0, volumeQuote: 0, takerBuyBase: 0, takerBuyQuote: 0, tradeCount: 0 };
  const values = [
    {
      open: 10.2,
      high: 10.2,
      low: 10.05,
      close: 10.05,
      volumeBase: 3.1,
      volumeQuote: 31.17,
      takerBuyBase: 3,
      takerBuyQuote: 30.15,
      tradeCount: 2,
      firstTradeId: 2,
      lastTradeId: 3,
    },
    {
      open: 10.05,
      high: 10.05,
      low: 10.05,
      close: 10.05,
      ...flat,
      firstTradeId: -1,
      lastTradeId: -1,
    },
  ];
  return {
    trades: trades.map(({ id, price, quantity, timeUs, buyerIsMaker }) => ({
      symbol: 'BTCUSDT',
      id,
      price: Number(price),
      quantity: Number(quantity),
      buyerIsMaker,
      timeUs,
    })),
    bars: values.map((value, index) => ({
      symbol: 'BTCUSDT',
      openTimeUs: (index + 1) * secondUs,
      isComplete: index === 0,
      values: value,
    })),
  };
}

describe('compare', () => {
  it('finds nothing in a lake that holds what was published', () => {
    expect(compare([published], makeLake())).toEqual({
      tradesSent: 4,
      tradesHeld: 4,
      missing: [],
      doubled: [],
      altered: [],
      secondsSent: 2,
      secondsEqual: 2,
      secondsComplete: 1,
      wrongBars: [],
    });
  });

  it('names trades that are missing, doubled or altered', () => {
    const lake = makeLake();
    lake.trades[0]!.price = 10.11;
    lake.trades.push(lake.trades[1]!);
    lake.trades.splice(2, 1);
    expect(compare([published], lake)).toMatchObject({
      tradesHeld: 3,
      missing: ['BTCUSDT 3'],
      doubled: ['BTCUSDT 2'],
      altered: ['BTCUSDT 1'],
    });
  });

  it('counts no trade of another symbol', () => {
    const lake = makeLake();
    lake.trades = lake.trades.map((each) => ({ ...each, symbol: 'ETHUSDT' }));
    expect(compare([published], lake).missing).toHaveLength(4);
  });

  it('names seconds without a bar, and values that are not the nearest to the exact ones', () => {
    const lake = makeLake();
    lake.bars[0]!.values.volumeQuote = 31.169999999999998;
    lake.bars.pop();
    expect(compare([published], lake)).toMatchObject({
      secondsEqual: 0,
      wrongBars: [
        'BTCUSDT 1970-01-01T00:00:01.000Z volumeQuote 31.169999999999998, not 31.17',
        'BTCUSDT 1970-01-01T00:00:02.000Z has no bar',
      ],
    });
  });
});
