// Bars of the API against the catalog's live views: of each interval the same rows, whatever lies in partitions, in the
// tail, or between them, and also after a partition that was read before was replaced.

import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlLine, quoteLine, tradeLine, us } from './raw-lines.ts';
import { day, openServedLake, type ServedLake, startUs } from './web-lake.ts';

const intervals = ['1s', '1m', '5m', '15m', '1h', '1d'] as const;
const nextDay = '2026-03-02';
const nextUs = us(`${nextDay}T00:00:00Z`);

let lake: ServedLake;
beforeAll(async () => {
  lake = await openServedLake();
  // A second day, after a long gap, and a tail that takes its last seconds up and goes on in the middle of a minute.
  await lake.writePart(nextDay, 1, [
    controlLine(nextUs - 1000, 'subscribed', 'c9'),
    ...Array.from({ length: 400 }, (_, second) =>
      lines(nextUs + second * 1e6, 5000 + second),
    ).flat(),
  ]);
  await lake.transform();
  await lake.writePart(nextDay, 2, listTail(400, 77));
});
afterAll(() => lake.close());

function lines(timeUs: number, id: number): string[] {
  const price = (100 + (id % 37) / 4).toFixed(8);
  return [
    quoteLine(timeUs + 100_000, id, '99.50000000', '100.50000000', 'c9'),
    tradeLine({ id, us: timeUs + 500_000, price, maker: id % 3 === 0, conn: 'c9' }),
  ];
}

function listTail(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    lines(nextUs + (from + index) * 1e6, 5000 + from + index),
  ).flat();
}

async function readApi(interval: string, query = ''): Promise<unknown[]> {
  const path = `/api/bars?symbol=BTCUSDT&interval=${interval}&limit=10000${query}`;
  const { bars } = await lake.getJson<{ bars: Record<string, unknown>[] }>(path);
  return bars;
}

async function readViews(interval: string): Promise<Record<string, unknown>[]> {
  const view = interval === '1s' ? 'bars_live' : `bars_live_${interval}`;
  const extra = interval === '1s' ? ', 1 AS seconds' : '';
  const sql = `SELECT * EXCLUDE (exchange, symbol, day)${extra} FROM ${view} ORDER BY window_start`;
  const answer = await lake.postSql(sql, '', { body: JSON.stringify({ sql, limit: 10_000 }) });
  const { columns, rows } = (await answer.json()) as {
    columns: { name: string }[];
    rows: unknown[][];
  };
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])));
}

describe.each(intervals)('bars of %s', (interval) => {
  it('are the rows of the live view', async () => {
    const rows = await readViews(interval);
    expect(rows.length).toBeGreaterThan(1);
    expect(await readApi(interval)).toEqual(rows);
    expect(await readApi(interval, `&from=${day}`)).toEqual(rows);
  });

  it('are cut where it is asked for, at either end', async () => {
    const rows = await readViews(interval);
    const [from, to] = [`${day}T10:03:00Z`, `${nextDay}T00:03:30Z`];
    const within = rows.filter(({ window_start }) => {
      const startMs = Date.parse(String(window_start));
      return startMs >= Date.parse(from) && startMs < Date.parse(to);
    });
    expect(await readApi(interval, `&from=${from}&to=${to}`)).toEqual(within);
    const last = await lake.getJson<{ bars: unknown[] }>(
      `/api/bars?symbol=BTCUSDT&interval=${interval}&limit=2`,
    );
    expect(last.bars).toEqual(rows.slice(-2));
  });
});

it('are those of a partition that was revised, after they were read before', async () => {
  const before = await readApi('5m');
  let { length } = await readViews('1s');
  /** Of all intervals, once the tail tells of so many more seconds. */
  async function expectSame(more: number): Promise<void> {
    length += more;
    await expect.poll(async () => (await readViews('1s')).length, { timeout: 9000 }).toBe(length);
    for (const interval of intervals) {
      expect(await readApi(interval)).toEqual(await readViews(interval));
    }
  }
  // What was lost in the gap of the first day turns up, and the tail becomes a part of the second one.
  await lake.writePart(day, 2, [
    controlLine(startUs + 299_000_000, 'subscribed', 'c3'),
    ...Array.from({ length: 20 }, (_, index) => lateLines(300 + index)).flat(),
  ]);
  await expectSame(20);
  await lake.transform();
  await lake.writePart(nextDay, 3, listTail(480, 15));
  await expectSame(15);
  expect(await readApi('5m')).not.toEqual(before);
});

function lateLines(second: number): string[] {
  const timeUs = startUs + second * 1e6;
  const id = 1000 + second;
  return [
    quoteLine(timeUs + 100_000, id, '99.25000000', '100.75000000', 'c3'),
    tradeLine({ id, us: timeUs + 500_000, price: '104.00000000', maker: true, conn: 'c3' }),
  ];
}

it('stand beside the last trade and quote of the part being written, with the moment these came', async () => {
  const path = join(lake.root, 'raw/binance/BTCUSDT', nextDay, 'part_0009.jsonl.open');
  const second = 600;
  // The last line is not whole yet.
  const written = [...listTail(second, 3), lines(nextUs + 603e6, 5603)[1]!.slice(0, -20)];
  await writeFile(path, written.join('\n'));
  const latest = await lake.getJson<object>('/api/latest?symbol=BTCUSDT');
  const time = `${nextDay}T00:10:02.100000Z`;
  expect(latest).toMatchObject({
    trade: { trade_id: 5602, price: 103.75, trade_time: `${nextDay}T00:10:02.500000Z` },
    quote: { bid: 99.5, ask: 100.5, time, as_of: time },
  });
  // A line of another shape is read the transformer's general way, and the lines after it as ever.
  const after = lines(nextUs + 604e6, 5604);
  await appendFile(path, `\n${JSON.stringify({ odd: 1 })}\n${after.join('\n')}\n`);
  expect(await lake.getJson<object>('/api/latest?symbol=BTCUSDT')).toMatchObject({
    trade: { trade_id: 5604 },
    quote: { time: `${nextDay}T00:10:04.100000Z` },
  });
});

it('are there at once where some are known, and are waited for where none is', async () => {
  const path = '/api/bars?symbol=ETHUSDT&interval=1s&at_once=1';
  await lake.writePart(day, 1, lines(startUs, 1), 'ETHUSDT');
  const first = () => lake.getJson<{ bars: object[] }>(path).then(({ bars }) => bars?.length);
  // The folder of a new symbol is seen within two seconds.
  await expect.poll(first, { timeout: 9000 }).toBe(1);
});
