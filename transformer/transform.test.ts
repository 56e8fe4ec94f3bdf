import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { type PartitionManifest, readPartitionManifest } from '../lake/partition-manifest.ts';
import { computeBars } from '../tests/plain-bars.ts';
import { controlLine, quoteLine, restLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';

const day = '2026-03-01';
const at = (second: string) => us(`${day}T10:00:${second}Z`);
const seconds = (from: string, count: number) =>
  Array.from({ length: count }, (_, index) => at(from) / 1e6 + index);

async function readManifest(lake: ScratchLake, date: string, dataset = 'bars_1s') {
  const [year, month, dayOfMonth] = date.split('-');
  const folder = dataset === 'bars_1s' ? 'parquet' : dataset;
  const path = `${folder}/binance/BTCUSDT/year=${year}/month=${month}/day=${dayOfMonth}`;
  const manifest = await readPartitionManifest(join(lake.root, path, `${dataset}.manifest.json`));
  return manifest as PartitionManifest;
}

describe('bars', () => {
  it('gives a second without trades between two consecutive ids a flat row', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      tradeLine({ id: 1, us: at('00.1'), price: '10.5' }),
      tradeLine({ id: 2, us: at('03.9'), price: '11' }),
    ]);
    expect(await lake.transform()).toBe(0);
    const bars = await lake.readBars();
    expect(bars.map((bar) => bar.window_start)).toEqual(seconds('00', 4));
    expect(bars[2]).toMatchObject({
      open: 10.5,
      high: 10.5,
      low: 10.5,
      close: 10.5,
      volume_base: 0,
      volume_quote: 0,
      trade_count: 0,
      vwap: null,
      first_trade_id: null,
      latency_p50_ms: null,
      complete: true,
    });
  });

  it('gives a second in which nobody listened no row, and doubts the seconds beside a hole', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      controlLine(at('00.0'), 'open'),
      controlLine(at('00.0'), 'subscribed', 'c1', { streams: ['btcusdt@trade'] }),
      tradeLine({ id: 1, us: at('00.5'), recv: at('00.5') }),
      tradeLine({ id: 2, us: at('02.5'), recv: at('02.5') }),
      controlLine(at('05.2'), 'close'),
      controlLine(at('07.9'), 'open', 'c2'),
      controlLine(at('07.9'), 'subscribed', 'c2', { streams: ['btcusdt@trade'] }),
      tradeLine({ id: 5, us: at('10.5'), recv: at('10.5'), conn: 'c2' }),
      controlLine(at('12.0'), 'close', 'c2'),
    ]);
    await lake.transform();
    const bars = await lake.readBars();
    const offsets = bars.map((bar) => Number(bar.window_start) - at('00') / 1e6);
    expect(offsets).toEqual([0, 1, 2, 3, 4, 8, 9, 10, 11]);
    const complete = offsets.filter((_, index) => bars[index]!.complete);
    expect(complete).toEqual([0, 1, 11]);
    const manifest = await readManifest(lake, day);
    expect(manifest.missing_trade_ids).toEqual([[3, 4]]);
    expect(manifest.seconds_missing).toContainEqual([`${day}T10:00:05Z`, `${day}T10:00:07Z`]);
  });

  it('observes a second by consecutive ids alone, though not completely', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      controlLine(at('00.0'), 'subscribed'),
      tradeLine({ id: 1, us: at('00.5'), recv: at('00.5') }),
      controlLine(at('00.9'), 'close'),
      controlLine(at('02.2'), 'open', 'c2'),
      controlLine(at('02.2'), 'subscribed', 'c2'),
      tradeLine({ id: 2, us: at('02.5'), recv: at('02.5'), conn: 'c2' }),
      controlLine(at('03.0'), 'close', 'c2'),
    ]);
    await lake.transform();
    expect(await lake.readBars()).toMatchObject([
      { window_start: at('00') / 1e6, trade_count: 1, complete: false },
      { window_start: at('01') / 1e6, trade_count: 0, complete: false },
      { window_start: at('02') / 1e6, trade_count: 1, complete: false },
    ]);
  });

  it('joins what a connection covers across parts, and not across a crash', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      controlLine(at('00.0'), 'subscribed'),
      tradeLine({ id: 1, us: at('00.5'), recv: at('00.5') }),
      controlLine(at('02.4'), 'rotate'),
    ]);
    await lake.writePart(day, 2, [
      controlLine(at('02.4'), 'listening'),
      tradeLine({ id: 2, us: at('04.5'), recv: at('04.5') }),
    ]);
    await lake.writePart(day, 3, [
      controlLine(at('06.5'), 'open'),
      controlLine(at('06.5'), 'subscribed'),
      tradeLine({ id: 3, us: at('08.5'), recv: at('08.5') }),
      controlLine(at('10.0'), 'close'),
    ]);
    await lake.transform();
    const bars = await lake.readBars();
    const complete = bars.filter((bar) => bar.complete);
    expect(complete.map((bar) => Number(bar.window_start) - at('00') / 1e6)).toEqual([
      0, 1, 2, 3, 7, 8, 9,
    ]);
  });

  it('puts a trade of the new day from yesterday’s folder into the new day', async () => {
    const lake = await makeScratchLake();
    const midnight = us('2026-03-02T00:00:00Z');
    await lake.writePart(day, 1, [
      tradeLine({ id: 1, us: midnight - 500_000, recv: midnight - 1_700_000 }),
      tradeLine({ id: 2, us: midnight + 200_000, recv: midnight - 1_000_000, price: '7' }),
    ]);
    await lake.transform();
    const bars = await lake.readBars();
    expect(bars.map((bar) => [bar.window_start, bar.close])).toEqual([
      [midnight / 1e6 - 1, 100],
      [midnight / 1e6, 7],
    ]);
    expect((await readManifest(lake, '2026-03-02')).rows).toBe(1);
    expect(bars[0]!.latency_p50_ms).toBe(-1200);
  });

  it('keeps the last quote over seconds without one, from before the first trade on', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      quoteLine(at('00.1'), 5, '99.00000000', '101.00000000'),
      quoteLine(at('00.2'), 6, '99.50000000', '100.00000000'),
      tradeLine({ id: 1, us: at('02.5') }),
      quoteLine(at('02.6'), 7, '98.00000000', '98.00000001'),
      quoteLine(at('02.6'), 7, '98.00000000', '98.00000001', 'c2'),
      tradeLine({ id: 2, us: at('03.5') }),
    ]);
    await lake.transform();
    expect(await lake.readBars()).toMatchObject([
      { bid: 98, ask: 98.00000001, spread: 0.00000001, quote_count: 1, spread_mean: 0.00000001 },
      { bid: 98, quote_count: 0, spread_mean: null },
    ]);
    await lake.writePart(day, 2, [tradeLine({ id: 0, us: at('01.5') })]);
    await lake.transform();
    expect((await lake.readBars())[0]).toMatchObject({ bid: 99.5, ask: 100, quote_count: 0 });
  });

  it('counts the quotes of a second that two parts share, though they come in two runs', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      tradeLine({ id: 1, us: at('00.1') }),
      quoteLine(at('00.2'), 5, '99.0', '101.0'),
    ]);
    await lake.transform();
    await lake.writePart(day, 2, [quoteLine(at('00.7'), 6, '99.0', '100.0')]);
    await lake.transform();
    expect(await lake.readBars()).toMatchObject([{ quote_count: 2, spread_mean: 1.5, ask: 100 }]);
  });

  it('sums eight decimals and quantities beyond 10^10 exactly', async () => {
    const lake = await makeScratchLake();
    const lines = [
      tradeLine({ id: 1, us: at('00.1'), price: '0.00001234', quantity: '12345678901.12345678' }),
      tradeLine({ id: 2, us: at('00.2'), price: '0.00001235', quantity: '98765432109.87654321' }),
      tradeLine({
        id: 3,
        us: at('00.3'),
        price: '0.10000000',
        quantity: '0.00000001',
        maker: true,
      }),
      tradeLine({ id: 4, us: at('01.3'), price: '9999999999.99999999', quantity: '1.00000001' }),
    ];
    const expected = computeBars(lines, [{ fromUs: at('00.12'), toUs: at('01.32') }]);
    // In two runs that share a second, so that the stored trades have to be exact as well.
    await lake.writePart(day, 1, lines.slice(0, 2));
    await lake.transform();
    await lake.writePart(day, 2, lines.slice(2));
    await lake.transform();
    expect(await lake.readBars()).toEqual(
      expected.map((bar) => ({ ...bar, complete: expect.any(Boolean), clock_offset_ms: -20 })),
    );
    const [stored] = await lake.query(`SELECT quantity_text FROM trades WHERE trade_id = 2`);
    expect(stored!.quantity_text).toBe('98765432109.87654321');
  });

  it('tells milliseconds from microseconds', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      tradeLine({ id: 1, us: at('00.100'), milliseconds: true }),
      tradeLine({ id: 2, us: at('00.100500') }),
    ]);
    await lake.transform();
    const rows = await lake.query(
      'SELECT epoch_us(trade_time) AS us FROM trades ORDER BY trade_id',
    );
    expect(rows.map((row) => Number(row.us))).toEqual([at('00.1'), at('00.1005')]);
  });
});

describe('copies', () => {
  it('keeps the live one of several, once, and counts the others', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      restLine(at('00.15'), [
        { id: 1, us: at('00.1') },
        { id: 2, us: at('00.2') },
      ]),
      tradeLine({ id: 2, us: at('00.2'), recv: at('00.5') }),
    ]);
    await lake.transform();
    await lake.writePart(day, 2, [
      tradeLine({ id: 2, us: at('00.2'), recv: at('00.3'), conn: 'c2' }),
      tradeLine({ id: 3, us: at('00.3') }),
      restLine(at('40.0'), [{ id: 3, us: at('00.3') }]),
    ]);
    await lake.transform();
    const rows = await lake.query(
      'SELECT trade_id, source, epoch_us(recv_time) AS recv FROM trades ORDER BY trade_id',
    );
    expect(rows.map((row) => [Number(row.trade_id), row.source, Number(row.recv)])).toEqual([
      [1, 'rest', at('00.15')],
      [2, 'live', at('00.3')],
      [3, 'live', at('00.3') + 20_000],
    ]);
    const manifest = await readManifest(lake, day, 'trades');
    expect(manifest).toMatchObject({ rows: 3, duplicates_removed: 3, trades_filled: 1 });
    expect((await lake.readBars())[0]).toMatchObject({ trade_count: 3, backfilled: 1 });
  });

  it('closes a hole with a fill that comes later', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      tradeLine({ id: 1, us: at('00.5') }),
      tradeLine({ id: 4, us: at('09.5') }),
    ]);
    await lake.transform();
    expect((await readManifest(lake, day)).missing_trade_ids).toEqual([[2, 3]]);
    await lake.writePart(day, 2, [
      restLine(at('50.0'), [
        { id: 2, us: at('04.5') },
        { id: 3, us: at('04.6') },
      ]),
    ]);
    await lake.transform();
    const manifest = await readManifest(lake, day);
    expect(manifest).toMatchObject({ missing_trade_ids: [], rows: 10, revision: 2 });
  });
});

describe('bad lines', () => {
  it('go to quarantine with their origin, are counted, and cost no good line', async () => {
    const lake = await makeScratchLake();
    const path = 'raw/binance/BTCUSDT/2026-03-01/part_0001.jsonl';
    await lake.writePart(day, 1, [
      tradeLine({ id: 1, us: at('00.1') }),
      '{"recv":1,"conn":"c1","msg":{"stream":"btcusdt@trade","data":{"e":"tra',
      'not json at all',
      tradeLine({ id: 2, us: at('00.2'), price: '-1' }),
      tradeLine({ id: 3, us: at('00.3'), price: 'abc' }),
      '{"recv":5,"conn":"c1","msg":{"stream":"btcusdt@depth@100ms","data":{"b":[["1","2"]]}}}',
      quoteLine(at('00.4'), 1, 'x', '1'),
      '{"recv":7,"conn":"c1","msg":{"stream":"btcusdt@trade","data":{"t":1,"t":2}}}',
      tradeLine({ id: 4, us: at('00.5') }),
    ]);
    expect(await lake.transform()).toBe(0);
    const rows = await lake.query('SELECT trade_id FROM trades ORDER BY trade_id');
    expect(rows.map((row) => Number(row.trade_id))).toEqual([1, 4]);
    expect((await readManifest(lake, day)).lines_quarantined).toBe(6);
    const text = await readFile(join(lake.root, path.replace('raw', 'quarantine')), 'utf8');
    const kept = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(kept).toHaveLength(6);
    expect(kept.every((entry) => entry.part === path)).toBe(true);
    expect(kept.filter((entry) => entry.line !== undefined).map((entry) => entry.line)).toEqual([
      2, 3,
    ]);
  });

  it('cost no good line wherever they are cut, spliced or garbled', async () => {
    const lake = await makeScratchLake();
    const line = tradeLine({ id: 9, us: at('05.0') });
    const cuts = Array.from({ length: 40 }, (_, index) => line.slice(0, 2 + index * 5));
    const others = [
      `${line.slice(0, 90)}\u0000${line.slice(90)}`,
      line.slice(0, 80) + line.slice(20),
      line.replace('"t":9', '"t":1e999'),
      line.replace('"trade"', '"\\ud800"'),
      '['.repeat(3000),
      `${line}${line}`,
    ];
    const bad = [...cuts, ...others];
    const good = bad.map((_, index) => tradeLine({ id: 100 + index, us: at('00.1') + index }));
    await lake.writePart(
      day,
      1,
      bad.flatMap((faulty, index) => [good[index]!, faulty]),
    );
    expect(await lake.transform()).toBe(0);
    const [row] = await lake.query('SELECT count(*) AS n FROM trades');
    expect(Number(row!.n)).toBe(good.length);
    expect((await readManifest(lake, day)).lines_quarantined).toBe(bad.length);
    const names = await readdir(join(lake.root, 'state/spill'));
    expect(names.filter((name) => name.startsWith('readable'))).toEqual([]);
  });

  it('reads a part the same whether or not it holds a line for the general way', async () => {
    const lines = [
      tradeLine({ id: 1, us: at('00.1'), quantity: '0.12345678' }),
      quoteLine(at('00.4'), 1, '9.10000000', '9.20000000'),
      tradeLine({ id: 2, us: at('01.2'), milliseconds: true, maker: true }),
      controlLine(at('01.5'), 'rotate'),
    ];
    const plain = await makeScratchLake();
    await plain.writePart(day, 1, lines);
    await plain.transform();
    const odd = await makeScratchLake();
    await odd.writePart(day, 1, [...lines, 'odd']);
    await odd.transform();
    expect(await odd.digestPartitions()).toEqual(await plain.digestPartitions());
  });
});

describe('runs', () => {
  it('leave everything as it is when nothing is new', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [tradeLine({ id: 1, us: at('00.1') })]);
    await lake.transform();
    const before = [await lake.digestPartitions(), await readManifest(lake, day)];
    await lake.transform();
    await lake.transform({ rebuild: true });
    expect([await lake.digestPartitions(), await readManifest(lake, day)]).toEqual(before);
  });

  it('do not lose a day whose raw parts are gone when a late fill comes', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [
      controlLine(at('00.0'), 'subscribed'),
      tradeLine({ id: 1, us: at('00.5'), recv: at('00.5') }),
      quoteLine(at('00.6'), 1, '9.1', '9.2'),
      tradeLine({ id: 3, us: at('03.5'), recv: at('03.5') }),
      controlLine(at('09.0'), 'close'),
    ]);
    await lake.transform();
    await rm(join(lake.root, 'raw/binance/BTCUSDT', day), { recursive: true });
    await lake.writePart('2026-03-09', 1, [
      restLine(us('2026-03-09T01:00:00Z'), [{ id: 2, us: at('02.5') }]),
    ]);
    await lake.transform();
    const bars = await lake.readBars();
    expect(bars.map((bar) => Number(bar.window_start))).toEqual(seconds('00', 9));
    expect(bars[2]).toMatchObject({ trade_count: 1, backfilled: 1, bid: 9.1, complete: true });
    await lake.transform({ rebuild: true });
    expect(await lake.readBars()).toHaveLength(9);
  });

  it('read parts that the collector has compressed', async () => {
    const lake = await makeScratchLake();
    const folder = join(lake.root, 'raw/binance/BTCUSDT', day);
    await mkdir(folder, { recursive: true });
    const line = (id: number) => `${tradeLine({ id, us: at('00.1') + id })}\n`;
    await writeFile(join(folder, 'part_0001.jsonl.gz'), gzipSync(line(1)));
    await writeFile(join(folder, 'part_0002.jsonl.zst'), zstdCompressSync(line(2)));
    await writeFile(join(folder, 'part_0003.jsonl.gz'), gzipSync(`odd\n${line(3)}`));
    expect(await lake.transform()).toBe(0);
    const [row] = await lake.query('SELECT count(*) AS n FROM trades');
    expect(Number(row!.n)).toBe(3);
    expect((await readManifest(lake, day)).lines_quarantined).toBe(1);
  });

  it('leave the part being written alone', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [tradeLine({ id: 1, us: at('00.1') })]);
    const folder = join(lake.root, 'raw/binance/BTCUSDT', day);
    await writeFile(join(folder, 'part_0002.jsonl.open'), tradeLine({ id: 2, us: at('00.2') }));
    await lake.transform();
    const [row] = await lake.query('SELECT count(*) AS n FROM trades');
    expect(Number(row!.n)).toBe(1);
  });

  it('finish a commit that was interrupted between its renames', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [tradeLine({ id: 1, us: at('00.1') })]);
    await lake.transform();
    const before = await lake.digestPartitions();
    const target = join(lake.root, Object.keys(before)[0]!);
    await rename(target, `${target}.staged`);
    const ledger: never[] = [];
    const intent = { renames: [{ from: `${target}.staged`, to: target }], ledger };
    const state = join(lake.root, 'state/transform/binance/BTCUSDT');
    await writeFile(join(state, 'commit.json'), JSON.stringify(intent));
    expect(await lake.transform()).toBe(0);
    expect(await lake.digestPartitions()).toEqual(before);
  });

  it('do the other symbols when one fails, and end with 1', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [tradeLine({ id: 1, us: at('00.1') })]);
    await lake.transform();
    await lake.writePart(day, 2, [tradeLine({ id: 2, us: at('00.2') })]);
    await lake.writePart(
      day,
      1,
      [tradeLine({ id: 7, us: at('00.1'), symbol: 'ETHUSDT' })],
      'ETHUSDT',
    );
    await rm(join(lake.root, 'raw/binance/BTCUSDT', day, 'part_0001.jsonl'));
    const cut = `${lake.root}/parquet/binance/BTCUSDT/year=2026/month=03/day=01/bars_1s.parquet`;
    await truncate(cut, 100);
    const errors: string[] = [];
    const log = { ...silentLog, error: (message: string) => void errors.push(message) };
    expect(await lake.transform({}, log)).toBe(1);
    expect(errors.join()).toContain(
      `--mode restore --exchange binance --symbol BTCUSDT --date ${day}`,
    );
    expect((await lake.readBars('ETHUSDT')).length).toBe(1);
  });

  it('say so when nothing was collected of what they are asked for', async () => {
    const lake = await makeScratchLake();
    await lake.writePart(day, 1, [tradeLine({ id: 1, us: at('00.1') })]);
    await expect(lake.transform({ symbol: 'BTCUSD' })).rejects.toThrow('there are binance/BTCUSDT');
    await expect(lake.transform({ date: '2026-02-30' })).rejects.toThrow('is no UTC day');
    expect(await lake.transform({ symbol: 'BTCUSDT', date: day })).toBe(0);
  });

  it('write zstd where it is configured', async () => {
    const lake = await makeScratchLake('transformer: { compression: zstd }');
    await lake.writePart(day, 1, [tradeLine({ id: 1, us: at('00.1') })]);
    await lake.transform();
    const path = `${lake.root}/parquet/binance/BTCUSDT/year=2026/month=03/day=01/bars_1s.parquet`;
    const rows = await lake.query(`SELECT DISTINCT compression FROM parquet_metadata('${path}')`);
    expect(rows).toEqual([{ compression: 'ZSTD' }]);
  });
});
