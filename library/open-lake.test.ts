import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { quoteLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';
import { type Lake, openLake } from './open-lake.ts';

const at = us('2026-03-01T23:59:58.000001Z');
const maxId = Number.MAX_SAFE_INTEGER;
const btc = { symbol: 'BTCUSDT' } as const;
let scratch: ScratchLake;
let lake: Lake;

beforeAll(async () => {
  scratch = await makeScratchLake();
  await scratch.writePart('2026-03-01', 1, [
    tradeLine({ id: 1, us: at, price: '10', quantity: '0.1' }),
    quoteLine(at + 1e6, 1, '9.5', '10.5'),
    tradeLine({ id: 2, us: at + 1e6, price: '12', quantity: '0.2', maker: true }),
    tradeLine({ id: 3, us: at + 4e6, price: '11', quantity: '0.5' }),
    tradeLine({ id: 4, us: at + 86_400e6 * 90, price: '13', quantity: '0.5' }),
  ]);
  const eth = [tradeLine({ id: maxId, us: at, symbol: 'ETHUSDT' })];
  await scratch.writePart('2026-03-01', 1, eth, 'ETHUSDT');
  await scratch.transform();
  lake = await openLake(scratch.root);
  return () => lake.close();
});

describe('bars', () => {
  it('come in the order of time, over midnight and over days without any', async () => {
    const bars = await lake.bars({ ...btc, interval: '1s' }).toArray();
    expect(bars.map(({ close }) => close)).toEqual([10, 12, 12, 12, 11, 13]);
    expect(bars[1]).toEqual({
      ...{ exchange: 'binance', symbol: 'BTCUSDT' },
      windowStartMs: Date.parse('2026-03-01T23:59:59Z'),
      ...{ open: 12, high: 12, low: 12, close: 12, volumeBase: 0.2, volumeQuote: 2.4 },
      ...{ takerBuyBase: 0, takerBuyQuote: 0, tradeCount: 1, vwap: 12 },
      ...{ firstTradeId: 2, lastTradeId: 2, bid: 9.5, bidQty: 1.5, ask: 10.5, askQty: 2.5 },
      ...{ spread: 1, spreadMean: 1, quoteCount: 1, latencyP50Ms: 20, latencyMaxMs: 20 },
      ...{ backfilled: 0, seconds: 1, complete: false },
    });
  });

  it('are those of the views, at every interval', async () => {
    for (const interval of ['1m', '5m', '15m', '1h', '1d'] as const) {
      const bars = await lake.bars({ ...btc, interval }).toArray();
      const rows = await lake
        .query(
          `SELECT epoch_ms(window_start) AS "windowStartMs", open, high, low, close, vwap, seconds,
             volume_base AS "volumeBase", trade_count AS "tradeCount", complete
           FROM bars_${interval} WHERE symbol = 'BTCUSDT' ORDER BY window_start`,
        )
        .toArray();
      expect(rows.length).toBeGreaterThan(1);
      expect(bars).toMatchObject(rows);
      expect(bars.length).toBe(rows.length);
    }
  });

  it('are those that begin within the span: its start is one of them, its end is not', async () => {
    const from = '2026-03-01T23:59:59Z';
    const to = new Date('2026-03-02T00:00:01Z');
    const bars = await lake.bars({ ...btc, interval: '1s', from, to }).toArray();
    expect(bars.map(({ windowStartMs }) => windowStartMs)).toEqual([
      Date.parse(from),
      Date.parse(from) + 1000,
    ]);
    // A bar that begins within the span is whole, whatever of it lies behind the end.
    const [minute] = await lake
      .bars({ ...btc, interval: '1m', from: '2026-03-02', to: '2026-03-02T00:00:01Z' })
      .toArray();
    expect(minute?.seconds).toBe(3);
  });

  it('come as columns, null as NaN', async () => {
    const columns = await lake.bars({ ...btc, interval: '1s' }).columns();
    const { length, symbol, close, complete, firstTradeId, bid } = columns;
    expect({ length, symbol }).toEqual({ length: 6, symbol: 'BTCUSDT' });
    expect(close).toEqual(Float64Array.of(10, 12, 12, 12, 11, 13));
    expect(bid[0]).toBeNaN();
    expect(firstTradeId).toEqual(Float64Array.of(1, 2, Number.NaN, Number.NaN, 3, 4));
    expect(complete).toBeInstanceOf(Uint8Array);
    const none = await lake.bars({ ...btc, interval: '1s', to: '2026-01-01' }).columns();
    expect(none).toMatchObject({ length: 0, close: new Float64Array() });
  });
});

describe('trades', () => {
  it('keep ids and microseconds to the last digit, as rows and as columns', async () => {
    const [trade] = await lake.trades({ symbol: 'ETHUSDT' }).toArray();
    expect(trade).toEqual({
      ...{ exchange: 'binance', symbol: 'ETHUSDT', tradeId: maxId, price: 100, quantity: 1 },
      ...{ quoteQuantity: 100, buyerIsMaker: false, tradeTimeUs: at, recvTimeUs: at + 20_000 },
      source: 'live',
    });
    const columns = await lake.trades({ symbol: 'ETHUSDT' }).columns();
    expect(columns.tradeId).toEqual(Float64Array.of(maxId));
    expect(columns.tradeTimeUs).toEqual(Float64Array.of(at));
    expect(columns.source).toEqual(['live']);
  });

  it('can be asked for by the microsecond of one', async () => {
    const ids = async (from: number) =>
      [...(await lake.trades({ ...btc, from, to: '2026-03-03' }).columns()).tradeId].length;
    expect(await ids(at / 1000)).toBe(3);
    expect(await ids((at + 1) / 1000)).toBe(2);
  });
});

describe('SQL', () => {
  it('gives plain values: dates, numbers, and bigint where no number is exact', async () => {
    const [row] = await lake
      .query(
        `SELECT max(window_start) AS last, count(*) AS bars, sum(trade_count) AS trades,
                9007199254740993 AS large, 1.25::DECIMAL(9, 2) AS share, [1, NULL] AS list, NULL AS none,
                DATE '2026-03-01' AS day
         FROM bars_1s WHERE symbol = 'ETHUSDT'`,
      )
      .toArray();
    expect(row).toEqual({
      ...{ last: new Date('2026-03-01T23:59:58Z'), bars: 1, trades: 1 },
      ...{ large: 9007199254740993n, share: 1.25, list: [1, null], none: null },
      day: new Date('2026-03-01'),
    });
  });

  it('takes parameters by place and by name, and none of them as SQL', async () => {
    const count = async (sql: string, parameters: Parameters<Lake['query']>[1]) =>
      (await lake.query<{ n: number }>(`SELECT count(*) AS n ${sql}`, parameters).toArray())[0]!.n;
    const since = new Date('2026-03-02');
    expect(await count('FROM trades WHERE trade_time >= $1 AND price > ?2', [since, 11.5])).toBe(1);
    const named = { symbol: 'ETHUSDT', id: BigInt(maxId) };
    expect(await count('FROM trades WHERE symbol = $symbol AND trade_id = $id', named)).toBe(1);
    expect(await count('FROM trades WHERE symbol = ?', ["x' OR true --"])).toBe(0);
  });

  it('says in words of DuckDB what is wrong', async () => {
    await expect(lake.query('SELECT nope FROM trades').toArray()).rejects.toThrow(
      /^run query: Binder Error: Referenced column "nope" not found/,
    );
  });

  it.each([
    "SELECT * FROM read_text('/etc/passwd')",
    'CREATE TABLE x (y INT)',
    'SET threads = 1',
    "COPY (SELECT 1) TO 'x.csv'",
    'SELECT 1; SELECT 2',
    '',
  ])('stays in the lake, and reads one thing: %s', async (sql) => {
    await expect(lake.query(sql).toArray()).rejects.toThrow(/^run query: /);
  });
});

describe('quality', () => {
  it('is that of every day of a symbol, also of one that is missing altogether', async () => {
    const days = await lake.quality({ ...btc, to: '2026-03-04' }).toArray();
    expect(days.map(({ day, trades, bars }) => ({ day, trades, bars }))).toEqual([
      { day: '2026-03-01', trades: 2, bars: 2 },
      { day: '2026-03-02', trades: 1, bars: 3 },
      { day: '2026-03-03', trades: 0, bars: 0 },
    ]);
    expect(await lake.quality().toArray()).toHaveLength(92);
  });
});

describe('an open lake', () => {
  it('lists its symbols, and names them where another is asked for', async () => {
    expect(await lake.symbols()).toEqual([
      { exchange: 'binance', symbol: 'BTCUSDT', firstDay: '2026-03-01', lastDay: '2026-05-30' },
      { exchange: 'binance', symbol: 'ETHUSDT', firstDay: '2026-03-01', lastDay: '2026-03-01' },
    ]);
    await expect(lake.trades({ symbol: 'btcusdt' }).toArray()).rejects.toThrow(
      'find btcusdt: the lake has no such symbol\n  it has binance/BTCUSDT, binance/ETHUSDT',
    );
  });

  it('reads several answers beside each other, and gives back those that are left early', async () => {
    const trades = lake.trades(btc)[Symbol.asyncIterator]();
    const first = await trades.next();
    for (let count = 0; count < 100; count++) {
      for await (const bar of lake.bars({ ...btc, interval: '1s' })) {
        expect(bar.open).toBe(10);
        break;
      }
    }
    expect([first.value.tradeId, (await trades.next()).value.tradeId]).toEqual([1, 2]);
    await trades.return?.();
  });

  it('refuses more answers than it can hold, by name', async () => {
    const open = Array.from({ length: 64 }, () =>
      lake.query('FROM range(3)')[Symbol.asyncIterator](),
    );
    await Promise.all(open.map((rows) => rows.next()));
    await expect(lake.query('SELECT 1').toArray()).rejects.toThrow('64 answers are being read');
    await Promise.all(open.map((rows) => rows.return?.()));
    expect(await lake.query('SELECT 1 AS one').toArray()).toEqual([{ one: 1 }]);
  });

  it('stops what is being read when it is closed', async () => {
    const other = await openLake(scratch.root);
    const reading = other.query('SELECT * FROM range(10000000)')[Symbol.asyncIterator]();
    await reading.next();
    const counting = other.query('SELECT count(*) FROM range(1000000000000)').toArray();
    counting.catch(() => {});
    await other.close();
    await expect(counting).rejects.toThrow('run query: the lake was closed');
    const readOn = async () => {
      while (!(await reading.next()).done);
    };
    await expect(readOn()).rejects.toThrow('run query: the lake was closed');
    await expect(other.symbols()).rejects.toThrow('list symbols: the lake was closed');
  });

  it('is none in a folder without data, which it leaves as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'no-lake-'));
    await expect(openLake(folder)).rejects.toThrow(`open lake ${folder}: it has neither raw parts`);
    await expect(openLake(join(folder, 'none'))).rejects.toThrow(/^open lake /);
  });
});

describe('what is live', () => {
  it('is read where it is asked for: bars, trades and SQL up to the last line, and else nothing of it', async () => {
    const late = at + 86_400e6 * 90 + 2e6;
    await scratch.writePart('2026-03-01', 2, [tradeLine({ id: 5, us: late, price: '14' })]);
    const closes = async (live: boolean) => [
      ...(await lake.bars({ ...btc, interval: '1s', from: '2026-05-01', live }).columns()).close,
    ];
    const counted = { ids: [1, 2, 3, 4] };
    const sql =
      "SELECT list(trade_id ORDER BY trade_id) AS ids FROM :view WHERE symbol = 'BTCUSDT'";
    expect(await closes(false)).toEqual([13]);
    expect(await lake.query(sql.replace(':view', 'trades')).toArray()).toEqual([counted]);
    expect(await closes(true)).toEqual([13, 13, 14]);
    const live = await openLake(scratch.root, { live: true });
    const { tradeId } = await live.trades(btc).columns();
    expect([...tradeId]).toEqual([1, 2, 3, 4, 5]);
    await live.close();
    const all = await lake.query(sql.replace(':view', 'trades_live')).toArray();
    expect(all).toEqual([{ ids: [1, 2, 3, 4, 5] }]);
  });
});
