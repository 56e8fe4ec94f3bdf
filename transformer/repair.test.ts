import { copyFile, cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { controlLine, quoteLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';
import { type RenewCatalog, renewCatalog } from './renew-catalog.ts';

const days = ['2026-03-01', '2026-03-02', '2026-03-03'];
const folder = 'year=2026/month=03/day=02';
const bars = `parquet/binance/BTCUSDT/${folder}/bars_1s`;
const trades = `trades/binance/BTCUSDT/${folder}/trades`;
const state = 'state/transform/binance/BTCUSDT';

let templateRoot: string;
let lake: ScratchLake;
let warnings: string[];
let errors: string[];
let before: Record<string, string>;

/** Three days that meet at midnight, each in two parts; one part of each holds trades of two days. */
beforeAll(async () => {
  const template = await makeScratchLake(undefined, renewCatalog);
  for (const [index, day] of days.entries()) {
    const end = us(`${day}T23:59:58Z`);
    const id = 100 * index;
    await template.writePart(day, 1, [
      controlLine(end - 9e6, 'subscribed'),
      tradeLine({ id: id + 1, us: end - 8e6, recv: end - 8e6 }),
      quoteLine(end - 6e6, id, '9.1', '9.2'),
      tradeLine({ id: id + 2, us: end - 5e6, recv: end - 5e6 }),
      'not a line',
      controlLine(end, 'rotate'),
    ]);
    await template.writePart(day, 2, [
      controlLine(end, 'listening'),
      tradeLine({ id: id + 3, us: end + 1e6, recv: end + 1e6 }),
      tradeLine({ id: id + 3, us: end + 1e6, recv: end + 1e6 + 3 }),
      quoteLine(end + 1.5e6, id + 1, '9.3', '9.4'),
      tradeLine({ id: id + 4, us: end + 2.5e6, recv: end + 2.5e6 }),
      controlLine(end + 4e6, 'close'),
    ]);
  }
  expect(await template.transform()).toBe(0);
  templateRoot = template.root;
});

/** A copy of the lake, with what its runs do about the catalog. */
async function copyTemplate(renew?: RenewCatalog): Promise<ScratchLake> {
  const copy = await makeScratchLake(undefined, renew);
  await cp(templateRoot, copy.root, { recursive: true });
  return copy;
}

beforeEach(async () => {
  lake = await copyTemplate();
  warnings = [];
  errors = [];
  before = await readAll();
});

function transform(options = {}): Promise<number> {
  const log = {
    ...silentLog,
    warn: (message: string) => void warnings.push(message),
    error: (message: string) => void errors.push(message),
  };
  return lake.transform(options, log);
}

const path = (name: string) => join(lake.root, name);
const removeRaw = (day: string) => rm(path(`raw/binance/BTCUSDT/${day}`), { recursive: true });

/** Digests of the Parquet files, and the manifests but for what is history. */
async function readAll(): Promise<Record<string, string>> {
  const all = await lake.digestPartitions();
  for (const name of Object.keys(all)) {
    const manifest = name.replace('.parquet', '.manifest.json');
    const text = await readFile(path(manifest), 'utf8').catch(() => '{}');
    const { revision: _, revisions: __, ...rest } = JSON.parse(text);
    all[manifest] = JSON.stringify(rest);
  }
  return all;
}

describe('a run repairs', () => {
  it.each([
    ['a truncated Parquet file', 'is cut off', () => truncate(path(`${bars}.parquet`), 500)],
    ['an empty Parquet file', 'is cut off', () => writeFile(path(`${trades}.parquet`), '')],
    ['a missing Parquet file', 'is missing', () => rm(path(`${trades}.parquet`))],
    ['a missing manifest', 'manifest.json is missing', () => rm(path(`${bars}.manifest.json`))],
    ['a manifest cut off', 'is damaged', () => truncate(path(`${trades}.manifest.json`), 99)],
    [
      'a Parquet file of another day',
      'its manifest says',
      () => copyFile(path(`${bars.replace('day=02', 'day=01')}.parquet`), path(`${bars}.parquet`)),
    ],
    [
      'a Parquet file with other bytes of the same length',
      'is not the file its manifest describes',
      async () => {
        const bytes = await readFile(path(`${trades}.parquet`));
        await writeFile(path(`${trades}.parquet`), bytes.fill(0x55, 400, 408));
      },
    ],
    [
      'lost quote seconds',
      'quote seconds is missing',
      () => rm(path(`${state}/2026-03-02.quotes.parquet`)),
    ],
    [
      'quote seconds cut off',
      'quote seconds is cut off',
      () => truncate(path(`${state}/2026-03-02.quotes.parquet`), 40),
    ],
  ])('%s from the raw parts, and says so', async (_, what, damage) => {
    await damage();
    expect(await transform()).toBe(0);
    expect(warnings.join('\n')).toContain(what);
    expect(warnings.join('\n')).toContain('2026-03-02');
    expect(await readAll()).toEqual(before);
  });

  it('a day once, and has nothing to say of it any more', async () => {
    await rm(path(`${bars}.parquet`));
    await transform();
    warnings = [];
    expect(await transform()).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('a lost ledger without touching a partition', async () => {
    for (const day of days) await rm(path(`${state}/${day}.jsonl`));
    expect(await transform()).toBe(0);
    expect(await readAll()).toEqual(before);
    const [row] = await lake.query('SELECT count(*) AS n FROM trades');
    expect(Number(row!.n)).toBe(12);
  });

  it.each([
    ['a lost catalog', 'is missing', () => rm(path('lake.duckdb'))],
    ['a damaged catalog', 'is damaged', () => writeFile(path('lake.duckdb'), 'no database')],
  ])('%s', async (_, what, damage) => {
    lake = await copyTemplate(renewCatalog);
    await damage();
    expect(await transform()).toBe(0);
    expect(warnings.join('\n')).toContain(`lake.duckdb: it ${what}`);
    expect((await readFile(path('lake.duckdb'))).toString('latin1', 8, 12)).toBe('DUCK');
  });

  it('lost quote seconds although what was known to be sound is lost, too', async () => {
    const columns = 'window_start, bid, quote_count';
    const readQuotes = () => lake.query(`SELECT ${columns} FROM bars ORDER BY window_start`);
    const quotes = await readQuotes();
    await rm(path(`${state}/2026-03-02.quotes.parquet`));
    await rm(path(`${state}/sound.json`));
    const late = us('2026-03-02T23:59:51.5Z');
    await lake.writePart('2026-03-05', 1, [tradeLine({ id: 105, us: late })]);
    expect(await transform()).toBe(0);
    expect(await readQuotes()).toEqual(quotes);
  });

  it('a ledger with a torn line', async () => {
    const name = path(`${state}/2026-03-02.jsonl`);
    const text = await readFile(name, 'utf8');
    await writeFile(name, text.slice(0, -200));
    expect(await transform()).toBe(0);
    expect(await readAll()).toEqual(before);
    expect((await readFile(name, 'utf8')).split('\n').length).toBeGreaterThan(2);
  });

  it('a publication that was interrupted and whose journal is damaged', async () => {
    await rename(path(`${bars}.manifest.json`), path(`${bars}.manifest.json.staged`));
    await writeFile(path(`${state}/commit.json`), '{"renames":[');
    expect(await transform()).toBe(0);
    expect(warnings.join('\n')).toContain('commit.json');
    expect(await readAll()).toEqual(before);
    expect(await readdir(path(state))).not.toContain('commit.json');
  });

  it.each([
    ['manifest', `${bars}.manifest.json`],
    ['manifest of the trades', `${trades}.manifest.json`],
    ['quote seconds', `${state}/2026-03-02.quotes.parquet`],
  ])('a lost %s from the Parquet files where the raw parts are gone', async (_, name) => {
    await removeRaw('2026-03-01');
    await removeRaw('2026-03-02');
    await rm(path(name));
    expect(await transform()).toBe(0);
    expect(warnings.join('\n')).toContain('raw parts are gone');
    expect(await readAll()).toEqual(before);
  });
});

describe('a day that cannot be repaired', () => {
  it('is left as it is and named, while other days and symbols go on', async () => {
    await removeRaw('2026-03-01');
    await removeRaw('2026-03-02');
    await truncate(path(`${bars}.parquet`), 500);
    const late = us('2026-03-02T23:59:57.5Z');
    await lake.writePart('2026-03-05', 1, [tradeLine({ id: 900, us: us('2026-03-05T01:00:00Z') })]);
    await lake.writePart('2026-03-05', 2, [tradeLine({ id: 90, us: late })]);
    expect(await transform()).toBe(1);
    expect(errors.join('\n')).toMatch(/2026-03-02: bars_1s.parquet is cut off.*\n.*restore/);
    const after = await readAll();
    expect(Object.keys(after).length).toBe(Object.keys(before).length + 2);
    expect((await readFile(path(`${bars}.parquet.damaged`))).length).toBe(500);
    expect(after[`${trades}.parquet`]).toBe(before[`${trades}.parquet`]);
  });

  it.each([
    ['in its footer', -60],
    ['in a page', 60],
  ])('because it cannot be read %s leaves the others readable, all parts gone', async (_, at) => {
    lake = await copyTemplate(renewCatalog);
    await rm(path('raw'), { recursive: true });
    for (const dataset of [bars, trades]) {
      const name = path(`${dataset.replace('day=02', 'day=01')}.parquet`);
      const bytes = await readFile(name);
      const from = at < 0 ? bytes.length + at : at;
      await writeFile(name, bytes.fill(0xff, from, from + 40));
    }
    await rm(path('lake.duckdb'));
    expect(await transform()).toBe(1);
    expect(errors.join('\n')).toMatch(
      /2026-03-01: .*bars_1s\.parquet\.damaged, trades\/.*damaged\n/,
    );
    const days = `SELECT DISTINCT strftime(window_start, '%d') AS day FROM bars ORDER BY day`;
    expect(await lake.query(days)).toEqual(['02', '03', '04'].map((day) => ({ day })));
    expect(await lake.query('SELECT min(trade_id)::INTEGER AS id FROM trades')).toEqual([
      { id: 4 },
    ]);
    const known = Object.entries(before).filter(([name]) => !name.includes('day=01'));
    expect(await readAll()).toEqual(Object.fromEntries(known));
  });

  it('keeps the day beside it from being derived as if it did not exist', async () => {
    const late = [quoteLine(us('2026-03-03T00:00:05Z'), 900, '9.5', '9.6')];
    const whole = await copyTemplate();
    await whole.writePart('2026-03-05', 1, late);
    expect(await whole.transform()).toBe(0);
    const kept = await readFile(path(`${bars}.parquet`));
    await removeRaw('2026-03-01');
    await removeRaw('2026-03-02');
    await truncate(path(`${bars}.parquet`), 500);
    await lake.writePart('2026-03-05', 1, late);
    expect(await transform()).toBe(1);
    expect(errors.join('\n')).toContain('1 part waits for 2026-03-02, which is damaged');
    const beside = (files: Record<string, string>) =>
      Object.entries(files).filter(([name]) => name.includes('day=03'));
    expect(beside(await readAll())).toEqual(beside(before));
    await writeFile(path(`${bars}.parquet`), kept);
    expect(await transform()).toBe(0);
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
  });

  it('takes up what waited for it when it is restored', async () => {
    const kept = await readFile(path(`${bars}.parquet`));
    await removeRaw('2026-03-01');
    await removeRaw('2026-03-02');
    await truncate(path(`${bars}.parquet`), 500);
    await lake.writePart('2026-03-05', 1, [
      tradeLine({ id: 105, us: us('2026-03-02T23:59:57.5Z') }),
    ]);
    expect(await transform()).toBe(1);
    await writeFile(path(`${bars}.parquet`), kept);
    expect(await transform()).toBe(0);
    const [row] = await lake.query('SELECT count(*) AS n FROM trades WHERE trade_id = 105');
    expect(Number(row!.n)).toBe(1);
  });
});

describe('a rebuild', () => {
  it('of one day derives it from all its parts, and counts nothing twice beside it', async () => {
    expect(await transform({ rebuild: true, date: '2026-03-02' })).toBe(0);
    expect(await readAll()).toEqual(before);
    expect(await transform({ rebuild: true })).toBe(0);
    expect(await readAll()).toEqual(before);
  });
});
