import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSimulator, type Simulator } from './server.ts';
import { createManualClock, type ManualClock, noonUs } from './test-client.ts';

let simulator: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = createManualClock();
  simulator = await openSimulator({
    clock,
    tickMs: 0,
    symbols: ['BTCUSDT', 'DOTUSDT'],
    historyMs: 600_000,
    limits: { weightPerMinute: 100, requestsUntilBan: 3 },
  });
});

afterEach(() => simulator.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${simulator.restUrl}/api/v3/${path}`, { headers });

// biome-ignore lint/suspicious/noExplicitAny: answers are of many shapes, and every test looks at one
const getJson = async (path: string): Promise<any> => (await get(path)).json();

describe('trades', () => {
  it('page by id from the first of the history to the last, as the truth has them', async () => {
    const truth = simulator.truth.trades('DOTUSDT', 0, noonUs + 1);
    const first = await getJson('historicalTrades?symbol=DOTUSDT&fromId=1&limit=1000');
    const { id } = first.at(-1);
    const second = await getJson(`historicalTrades?symbol=DOTUSDT&fromId=${id + 1}&limit=1000`);
    const rows = [...first, ...second];
    expect(rows.map((row) => [row.id, row.price, row.qty, row.isBuyerMaker])).toEqual(
      truth.map((trade) => [trade.id, trade.price, trade.quantity, trade.buyerIsMaker]),
    );
    expect(rows[0].time).toBe(Math.floor(truth[0]!.timeUs / 1000));
    expect(Number(rows[0].quoteQty)).toBeCloseTo(rows[0].price * rows[0].qty, 7);
  });

  it('without an id are the latest', async () => {
    const recent = await getJson('trades?symbol=BTCUSDT&limit=5');
    const latest = await getJson('historicalTrades?symbol=BTCUSDT&limit=5');
    expect(recent).toHaveLength(5);
    expect(latest).toEqual(recent);
    expect(recent.at(-1).id).toBe(simulator.truth.trades('BTCUSDT', 0, 1e18).at(-1)!.id);
  });

  it('come in microseconds where the header asks for them', async () => {
    const unit = { 'X-MBX-TIME-UNIT': 'MICROSECOND' };
    const rows = await (await get('trades?symbol=BTCUSDT&limit=1', unit)).json();
    expect(String((rows as { time: number }[])[0]!.time)).toHaveLength(16);
  });

  it('aggregate by id, by time and to the latest', async () => {
    const latest = await getJson('aggTrades?symbol=BTCUSDT&limit=20');
    expect(latest).toHaveLength(20);
    for (const [index, row] of latest.entries()) {
      if (index > 0)
        expect([row.a, row.f]).toEqual([latest[index - 1].a + 1, latest[index - 1].l + 1]);
    }
    const byId = await getJson(`aggTrades?symbol=BTCUSDT&fromId=${latest[3].a}&limit=2`);
    expect(byId).toEqual(latest.slice(3, 5));
    const [from, to] = [latest[5].T, latest[10].T];
    const byTime = await getJson(`aggTrades?symbol=BTCUSDT&startTime=${from}&endTime=${to}`);
    expect(byTime).toEqual(latest.filter((row: { T: number }) => row.T >= from && row.T <= to));
  });
});

describe('klines', () => {
  it('of one second are flat where nothing was traded, and add up to those of a minute', async () => {
    const startTime = noonUs / 1000 - 120_000;
    const range = `startTime=${startTime}&endTime=${startTime + 59_999}`;
    const seconds = await getJson(`klines?symbol=DOTUSDT&interval=1s&${range}`);
    const [minute] = await getJson(`klines?symbol=DOTUSDT&interval=1m&${range}`);
    expect(seconds.map(([openTime]: number[]) => openTime)).toEqual(
      Array.from({ length: 60 }, (_, index) => startTime + index * 1000),
    );
    const empty = seconds.filter((row: number[]) => row[8] === 0);
    expect(empty.length).toBeGreaterThan(0);
    for (const row of empty) {
      const before = seconds[seconds.indexOf(row) - 1];
      if (before !== undefined) expect(row.slice(1, 5)).toEqual(Array(4).fill(before[4]));
      expect([row[5], row[7], row[9]]).toEqual(Array(3).fill('0.00000000'));
    }
    const sum = (column: number) =>
      seconds.reduce((total: number, row: string[]) => total + Number(row[column]), 0);
    expect([minute[0], minute[6], minute[8]]).toEqual([startTime, startTime + 59_999, sum(8)]);
    expect(sum(5)).toBeCloseTo(Number(minute[5]), 6);
    expect(minute[4]).toBe(seconds.at(-1)[4]);
  });

  it('without times are the latest, the running one included', async () => {
    clock.advance(500);
    const rows = await getJson('klines?symbol=BTCUSDT&interval=1s&limit=3');
    const second = noonUs / 1000;
    expect(rows.map(([openTime]: number[]) => openTime)).toEqual([
      second - 2000,
      second - 1000,
      second,
    ]);
    expect(await getJson('klines?symbol=BTCUSDT&interval=1d')).toHaveLength(1);
  });
});

describe('requests', () => {
  it.each([
    ['trades', 400, -1102],
    ['trades?symbol=NOSUCH', 400, -1121],
    ['trades?symbol=btcusdt', 400, -1121],
    ['trades?symbol=BTCUSDT&limit=x', 400, -1100],
    ['klines?symbol=BTCUSDT&interval=7s', 400, -1120],
    ['klines?symbol=BTCUSDT', 400, -1102],
    ['nothing', 404, -1000],
  ])('%s gets status %i and code %i', async (path, status, code) => {
    const answer = await get(path);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ code }),
    ]);
  });

  it('cost weight, which the clock minute resets', async () => {
    const used = async (path: string) => (await get(path)).headers.get('x-mbx-used-weight-1m');
    expect(await used('ping')).toBe('1');
    expect(await used('trades?symbol=BTCUSDT')).toBe('26');
    expect(await used('depth?symbol=BTCUSDT&limit=101')).toBe('51');
    expect(await used('exchangeInfo')).toBe('71');
    expect(await used('aggTrades?symbol=BTCUSDT')).toBe('75');
    expect(await used('klines?symbol=BTCUSDT&interval=1s')).toBe('77');
    clock.advance(60_000);
    expect(await used('time')).toBe('1');
  });

  it('beyond the limit get 429 until the minute ends, and those that go on a longer ban', async () => {
    for (let count = 0; count < 4; count++) await get('trades?symbol=BTCUSDT');
    clock.advance(45_000);
    const limited = await get('ping');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '15']);
    expect(((await limited.json()) as { msg: string }).msg).toContain(
      'limit is 100 request weight',
    );
    expect([(await get('ping')).status, (await get('ping')).status]).toEqual([429, 429]);
    const banned = await get('ping');
    expect([banned.status, banned.headers.get('retry-after')]).toEqual([418, '120']);
    clock.advance(60_000);
    expect((await get('ping')).status).toBe(418);
    clock.advance(60_000);
    expect((await get('ping')).status).toBe(200);
  });
});

describe('exchangeInfo', () => {
  it('lists the symbols with their steps, or those asked for', async () => {
    const { symbols, rateLimits } = await getJson('exchangeInfo');
    expect(symbols.map(({ symbol }: { symbol: string }) => symbol)).toEqual(['BTCUSDT', 'DOTUSDT']);
    expect(symbols[0]).toMatchObject({ status: 'TRADING', baseAsset: 'BTC', quoteAsset: 'USDT' });
    expect(symbols[0].filters[0].tickSize).toBe('0.01000000');
    expect(rateLimits[0].limit).toBe(100);
    const one = await getJson('exchangeInfo?symbols=["DOTUSDT"]');
    expect(one.symbols).toHaveLength(1);
  });
});
