import { describe, expect, it } from 'vitest';
import { rest } from './rest.ts';

const body = (value: unknown) => Buffer.from(JSON.stringify(value));
const trade = {
  id: 28457,
  price: '4.00000100',
  qty: '12.00000000',
  quoteQty: '48.000012',
  time: 1499865549590123,
  isBuyerMaker: true,
  isBestMatch: true,
};

describe('requests', () => {
  it.each([
    [rest.formatTrades('BTCUSDT', 7, 1000), 'historicalTrades?symbol=BTCUSDT&fromId=7&limit=1000'],
    [rest.formatLatestTrades('币安USDT', 5), 'trades?symbol=%E5%B8%81%E5%AE%89USDT&limit=5'],
    [
      rest.formatAggregates('A', 1_795_176_000_000_000, 1_795_176_001_000_000, 9),
      'aggTrades?symbol=A&startTime=1795176000000000&endTime=1795176001000000&limit=9',
    ],
    [rest.formatLatestAggregates('A', 1), 'aggTrades?symbol=A&limit=1'],
    [
      rest.formatKlines('A', 1_795_176_000_000_000, 60),
      'klines?symbol=A&interval=1s&startTime=1795176000000000&limit=60',
    ],
    [rest.formatTime(), 'time'],
  ])('are as the exchange documents them: %o', ({ path }, expected) => {
    expect(path).toBe(`/api/v3/${expected}`);
  });

  it('weigh what the exchange charges', () => {
    const requests = [
      rest.formatTrades('A', 0, 1),
      rest.formatLatestTrades('A', 1),
      rest.formatAggregates('A', 0, 1, 1),
      rest.formatLatestAggregates('A', 1),
      rest.formatKlines('A', 0, 1),
      rest.formatTime(),
    ];
    expect(requests.map(({ weight }) => weight)).toEqual([25, 25, 4, 4, 2, 1]);
  });
});

describe('answers', () => {
  it.each([
    ['no price', { price: undefined }],
    ['a price that is none', { price: 'NaN' }],
    ['an amount of nothing', { qty: '0.00000000' }],
    ['no side', { isBuyerMaker: undefined }],
  ])('with a trade of %s are not taken: its id alone fills no gap', (_, change) => {
    expect(() => rest.parseTrades(body([{ ...trade, ...change }]))).toThrow('read REST trades');
  });

  it('are read as the exchange documents them', () => {
    expect(rest.parseTrades(body([trade]))).toEqual([{ id: 28457, timeUs: 1499865549590123 }]);
    const aggregate = { a: 26129, p: '0.01', q: '4.7', f: 27781, l: 27783, T: 1498793709153000 };
    expect(rest.parseAggregates(body([{ ...aggregate, m: true, M: true }]))).toEqual([
      { firstId: 27781, lastId: 27783, timeUs: 1498793709153000 },
    ]);
    expect(rest.parseTimeUs(body({ serverTime: 1499827319559123 }))).toBe(1499827319559123);
    const prices = ['0.01634790', '0.80000000', '0.01575800', '0.01577100'];
    const volumes = ['2434.19055334', 308, '1756.87402397', '28.46694368', '0'];
    const row = [1499040000000, ...prices, '148976.11427815', 1499644799999, ...volumes];
    expect(rest.parseKlines(body([row]))).toEqual([
      {
        openUs: 1499040000000000,
        open: '0.01634790',
        high: '0.80000000',
        low: '0.01575800',
        close: '0.01577100',
        volumeBase: '148976.11427815',
        volumeQuote: '2434.19055334',
        tradeCount: 308,
        takerBuyBase: '1756.87402397',
        takerBuyQuote: '28.46694368',
      },
    ]);
  });

  it('in milliseconds are understood, too', () => {
    const rows = [{ ...trade, time: 1499865549590 }];
    expect(rest.parseTrades(body(rows))).toEqual([{ id: 28457, timeUs: 1499865549590000 }]);
  });

  it.each([
    ['no JSON', Buffer.from('<html>'), /^read REST trades of binance: .*JSON/],
    ['no list', body({ code: -1 }), /expected array/],
    ['a trade without id', body([{ ...trade, id: undefined }]), /trades of binance: 0\.id: /],
    ['an id beyond what is exact', body([{ ...trade, id: 2 ** 60 }]), /0\.id: /],
    ['trades out of order', body([trade, trade]), /28457 follows 28457, out of order/],
  ])('with %s are refused', (_, answer, message) => {
    expect(() => rest.parseTrades(answer)).toThrow(message);
  });

  it('that refuse a request are read where they say why', () => {
    const refusal = { code: -1121, msg: 'Invalid symbol.' };
    expect(rest.findRefusal(body(refusal))).toEqual({ code: -1121, text: 'Invalid symbol.' });
    expect(rest.findRefusal(Buffer.from('<html>'))).toBeUndefined();
  });
});
