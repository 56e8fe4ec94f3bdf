// Days brought back from a store: into the lake they were sent away from, and into an empty one.

import {
  appendFile,
  cp,
  glob,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describePart } from '../collector/describe-part.ts';
import { recoverParts } from '../collector/recovery.ts';
import { openDuckdb } from '../lake/duckdb.ts';
import { UsageError } from '../lake/errors.ts';
import { catalogPath } from '../lake/layout.ts';
import { appendPartRecord } from '../lake/part-manifest.ts';
import { openImport } from '../tools/import/import.ts';
import { runRestore } from '../tools/restore/restore.ts';
import {
  at,
  days,
  firstDay,
  instrument,
  lastDay,
  makeDescribedLake,
  middleDay,
  missingIds,
  partitionFile,
} from './described-lake.ts';
import { restLine } from './raw-lines.ts';
import { digestPartitions, makeScratchLake, type ScratchLake } from './scratch-lake.ts';
import { addStore, type StoredLake, today } from './stored-lake.ts';
import { summarizeReports, verifyRoot } from './verified-lake.ts';

let whole: ScratchLake;
let stored: StoredLake;
let objects: string;
let fresh: ScratchLake;

beforeAll(async () => {
  whole = await makeDescribedLake();
  stored = await addStore(whole.root, 'upload: { raw: true }');
  await stored.upload(days);
  await stored.uploadRaw(days);
  objects = await mkdtemp(join(tmpdir(), 'lake-objects-'));
  await cp(stored.store, objects, { recursive: true });
});
afterAll(async () => {
  for (const path of [whole.root, objects]) await rm(path, { recursive: true });
  await stored.remove();
});
beforeEach(async () => {
  fresh = await makeScratchLake();
  await rm(stored.store, { recursive: true });
  await cp(objects, stored.store, { recursive: true });
  stored.said.length = 0;
});
afterEach(() => rm(fresh.root, { recursive: true }));

async function readRaw(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const path of glob(join(root, 'raw/**/*.jsonl*'))) {
    const lines = (await readFile(path, 'utf8')).split('\n').sort();
    files[path.slice(root.length)] = lines.join('\n');
  }
  return Object.fromEntries(Object.entries(files).sort());
}

async function listLeft(root: string): Promise<string[]> {
  const left: string[] = [];
  for await (const path of glob(join(root, '**/*.{restored,staged}'))) left.push(path);
  return left;
}

const all = { from: firstDay, to: lastDay };

describe('into an empty lake', () => {
  it('everything comes back as it was, with views, and a late fill gives what it would have given', async () => {
    expect(await stored.restore({ ...all, raw: true }, fresh.root)).toBe(0);
    expect(stored.said).toEqual([]);
    expect(await fresh.digestPartitions()).toEqual(await whole.digestPartitions());
    expect(await readRaw(fresh.root)).toEqual(await readRaw(whole.root));
    const [report] = summarizeReports(await verifyRoot(fresh.root, { date: middleDay }));
    expect(report).toBe('2026-03-02 incomplete (equal): seconds-missing, ids-missing');
    expect(await listLeft(fresh.root)).toEqual([]);
    expect(await countBars(fresh.root)).toBeGreaterThan(0);
    const control = await makeScratchLake();
    await cp(whole.root, control.root, { recursive: true });
    for (const lake of [fresh, control]) {
      // Beside no known id: what lies between would be most of the day, derived each time.
      const trades = [1, 2].map((index) => ({
        id: missingIds[0] + index,
        us: at(middleDay, `10:00:0${index}.25`),
      }));
      await lake.writePart(today, 5, [restLine(at(today, '01:00:00'), trades)]);
      expect(await lake.transform()).toBe(0);
    }
    expect(await fresh.digestPartitions()).toEqual(await control.digestPartitions());
    await rm(control.root, { recursive: true });
  });

  it('a day that was not finished is derived from its raw parts, and those of the day before', async () => {
    const [year, month, date] = lastDay.split('-');
    const partition = `binance/BTCUSDT/year=${year}/month=${month}/day=${date}`;
    const state = `state/transform/binance/BTCUSDT/${lastDay}`;
    for (const path of [`parquet/${partition}`, `trades/${partition}`]) {
      await rm(join(stored.store, path), { recursive: true });
    }
    for (const ending of ['.jsonl', '.quotes.parquet'])
      await rm(join(stored.store, state + ending));
    expect(await stored.restore({ ...all, raw: true }, fresh.root)).toBe(0);
    expect(await fresh.transform()).toBe(0);
    expect(await fresh.digestPartitions()).toEqual(await whole.digestPartitions());
  });

  it('on a disk that is new, beside what was recorded there since, as deploy/README.md says', async () => {
    const trades = [1, 2].map((index) => ({
      id: missingIds[0] + index,
      us: at(middleDay, `10:00:0${index}.25`),
    }));
    const lines = [restLine(at(lastDay, '23:00:00'), trades)];
    const control = await makeScratchLake();
    await cp(whole.root, control.root, { recursive: true });
    await control.writePart(lastDay, 5, lines);
    await control.transform();
    await fresh.writePart(lastDay, 1, lines);
    await fresh.transform();
    const first = join(fresh.root, 'first');
    await mkdir(first);
    for (const name of ['raw', 'state', 'parquet', 'trades']) {
      await rename(join(fresh.root, name), join(first, name));
    }
    const recent = { from: middleDay, to: lastDay, raw: true };
    expect(await stored.restore(recent, fresh.root)).toBe(0);
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const taken = await openImport({ recoverParts, describePart })(
      stored.context({ other: first }, fresh.root),
    );
    print.mockRestore();
    expect(taken).toBe(0);
    expect(await fresh.transform()).toBe(0);
    await rm(first, { recursive: true });
    expect(await stored.restore({ date: firstDay }, fresh.root)).toBe(0);
    expect(await fresh.digestPartitions()).toEqual(await control.digestPartitions());
    await rm(control.root, { recursive: true });
  });

  it('and raw parts that no store has are named; where nothing else was asked for, that is a failure', async () => {
    await rm(join(stored.store, 'raw'), { recursive: true });
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const codes = [
      await runRestore(stored.context({ ...all, raw: true }, fresh.root)),
      await runRestore(stored.context({ ...all, raw: true }, fresh.root)),
    ];
    const printed = print.mock.calls.map(([text]) => text).join('');
    print.mockRestore();
    expect(codes).toEqual([0, 1]);
    const lack = `no raw parts are there of binance/BTCUSDT: 3 days, ${firstDay} to ${lastDay}\n`;
    expect(printed.split(lack)).toHaveLength(3);
  });

  it('what is here is not fetched a second time', async () => {
    expect(await stored.restore({ ...all, raw: true }, fresh.root)).toBe(0);
    for await (const path of glob(join(stored.store, '**/*.{parquet,zst}'))) await rm(path);
    expect(await stored.restore({ date: firstDay }, fresh.root)).toBe(0);
  });
});

async function countBars(root: string): Promise<number> {
  const spillDir = join(root, 'state/spill');
  const session = await openDuckdb({
    path: catalogPath(root),
    memoryLimit: '100MB',
    threads: 1,
    spillDir,
  });
  try {
    const [row] = await session.all('SELECT count(*) AS bars FROM bars_1s');
    return Number(row!.bars);
  } finally {
    session.close();
  }
}

const object = (folder: 'parquet' | 'trades', name: string) =>
  partitionFile(stored.store, folder, middleDay, name);

describe('a damaged store', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    [
      'a Parquet file is another',
      'is not what its manifest there says',
      () => appendFile(object('trades', 'trades.parquet'), 'x'),
    ],
    ['a Parquet file is gone', 'there is no', () => rm(object('parquet', 'bars_1s.parquet'))],
    [
      'a manifest is cut',
      'is damaged',
      () => writeFile(object('parquet', 'bars_1s.manifest.json'), '{'),
    ],
    ['a manifest is gone', 'there is no', () => rm(object('trades', 'trades.manifest.json'))],
  ])(
    'of which %s: the day is named and left out, the others come back',
    async (_, reason, damage) => {
      await damage();
      expect(await stored.restore(all, fresh.root)).toBe(1);
      expect(stored.said.join('\n')).toContain(`restore binance/BTCUSDT ${middleDay}: `);
      expect(stored.said.join('\n')).toContain(reason);
      const here = Object.keys(await digestPartitions(fresh.root));
      const wanted = Object.keys(await whole.digestPartitions());
      expect(here).toEqual(wanted.filter((path) => !path.includes('day=02')));
      expect(await listLeft(fresh.root)).toEqual([]);
    },
  );

  it('of which a raw part is another: it is named, the others come back', async () => {
    const folder = `raw/binance/BTCUSDT/${middleDay}`;
    await writeFile(join(stored.store, folder, 'part_0002.jsonl.zst'), zstdCompressSync('{}\n'));
    expect(await stored.restore({ date: middleDay, raw: true }, fresh.root)).toBe(1);
    expect(stored.said.join('\n')).toContain('is not what its manifest line says');
    expect(Object.keys(await readRaw(fresh.root))).toEqual([
      `/${folder}/manifest.jsonl`,
      `/${folder}/part_0001.jsonl`,
    ]);
    expect(await listLeft(fresh.root)).toEqual([]);
  });
});

describe('what is here', () => {
  it('is never replaced by an earlier revision, nor by one that was made of other parts', async () => {
    await cp(whole.root, fresh.root, { recursive: true });
    const manifest = partitionFile(fresh.root, 'trades', middleDay, 'trades.manifest.json');
    const text = await readFile(manifest, 'utf8');
    const before = await fresh.digestPartitions();
    await writeFile(manifest, text.replace('"revision": 1', '"revision": 2'));
    expect(await stored.restore({ date: middleDay }, fresh.root)).toBe(0);
    expect(await fresh.digestPartitions()).toEqual(before);
    await rm(partitionFile(fresh.root, 'trades', middleDay, 'trades.parquet'));
    await writeFile(
      manifest,
      text
        .replace('"revision": 1', '"revision": 2')
        .replace(/"sha256": "\w+"/, `"sha256": "${'0'.repeat(64)}"`),
    );
    expect(await stored.restore({ date: middleDay }, fresh.root)).toBe(1);
    expect(stored.said.join('\n')).toContain('revision 2, the store has revision 1');
  });

  it('and another raw part of the same name stays', async () => {
    await fresh.writePart(firstDay, 1, ['{"recv":1,"conn":"c1","event":"open"}']);
    const path = join(fresh.root, 'raw/binance/BTCUSDT', firstDay, 'part_0001.jsonl');
    const record = await describePart(path, instrument);
    await appendPartRecord(join(path, '..'), { ...record, part: 'part_0001.jsonl' });
    const before = await readFile(path, 'utf8');
    expect(await stored.restore({ date: firstDay, raw: true }, fresh.root)).toBe(1);
    expect(stored.said.join('\n')).toContain('is here, and another part');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('and a part that is being written keeps its number: what is sealed over another is lost', async () => {
    const folder = join(fresh.root, 'raw/binance/BTCUSDT', firstDay);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'part_0001.jsonl.open'), '');
    await writeFile(join(folder, 'part_0002.jsonl.gz'), 'of a collector that compresses');
    expect(await stored.restore({ date: firstDay, raw: true }, fresh.root)).toBe(1);
    expect(stored.said.join('\n')).toContain('2 parts, first: ');
    expect(await readdir(folder)).toEqual(['part_0001.jsonl.open', 'part_0002.jsonl.gz']);
  });

  it('stays as it is with --dry-run', async () => {
    expect(await stored.restore({ ...all, raw: true, 'dry-run': true }, fresh.root)).toBe(0);
    expect(await digestPartitions(fresh.root)).toEqual({});
    expect(await readRaw(fresh.root)).toEqual({});
  });
});

it('says what is wrong with the command line, and what is in no store', async () => {
  await expect(stored.restore({}, fresh.root)).rejects.toThrow(UsageError);
  await expect(stored.restore({ date: firstDay, from: firstDay }, fresh.root)).rejects.toThrow(
    UsageError,
  );
  await expect(stored.restore({ from: lastDay, to: firstDay }, fresh.root)).rejects.toThrow(
    UsageError,
  );
  await expect(stored.restore({ date: firstDay, store: 'gcs' }, fresh.root)).rejects.toThrow(
    'no store "gcs" is configured; there are folder',
  );
  await expect(stored.restore({ date: '2026-02-01' }, fresh.root)).rejects.toThrow(
    /restore \*\/\* 2026-02-01: nothing of it is in file:/,
  );
});
