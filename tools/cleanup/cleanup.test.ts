import { appendFile, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { addDays, type Day, startOfDayUs } from '../../lake/day.ts';
import type { DiskSpace } from '../../lake/disk-space.ts';
import { partitionManifestPath, partitionPath, rawDayDir } from '../../lake/layout.ts';
import type { ModeOptions } from '../../lake/mode.ts';
import { writeDescribedPart } from '../../tests/described-part.ts';
import { tradeLine } from '../../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../../tests/scratch-lake.ts';
import { cleanUp } from './cleanup.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const today = '2026-03-20';
const old = '2026-03-10';
const roomy: DiskSpace = { freeBytes: 900e9, bytes: 1000e9 };

let lake: ScratchLake;
let printed: string;
beforeEach(async () => {
  lake = await makeScratchLake();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(lake.root, { recursive: true });
});

const writePart = (day: Day, number: number) => writeDescribedPart(lake, day, number);

async function clean(options: ModeOptions = {}, yaml = '', space: DiskSpace[] = [roomy]) {
  const run = { code: -1, warnings: [] as string[], errors: [] as string[] };
  const spaces = [...space];
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const log = {
    ...{ debug() {}, info() {}, relay() {}, close: async () => {} },
    warn: (message: string) => void run.warnings.push(message),
    error: (message: string) => void run.errors.push(message),
  };
  run.code = await cleanUp(
    {
      ...{ options, log, configText: '', positionals: [], onReload() {} },
      config: parseConfig(`${yaml}\nroot: ${lake.root}`, {}),
      clock: { nowUs: () => startOfDayUs(today) + 7_200_000_000, monotonicMs: () => 0 },
      signal: new AbortController().signal,
    },
    async () => (spaces.length > 1 ? spaces.shift()! : spaces[0]!),
    [],
  );
  return run;
}

const listRaw = async (day: Day) =>
  (await readdir(rawDayDir(lake.root, instrument, day)).catch(() => [])).filter((name) =>
    name.startsWith('part'),
  );

describe('cleanup', () => {
  it('deletes old parts once they are proven, keeps their manifest, and logs the batch', async () => {
    for (const number of [1, 2]) await writePart(old, number);
    await writePart(today, 1);
    await lake.transform();
    expect(await clean()).toEqual({ code: 0, warnings: [], errors: [] });
    expect(await listRaw(old)).toEqual([]);
    expect(await listRaw(today)).toHaveLength(1);
    const manifest = await readFile(join(rawDayDir(lake.root, instrument, old), 'manifest.jsonl'));
    expect(manifest.toString().trim().split('\n')).toHaveLength(2);
    const log = await readFile(join(lake.root, 'logs/qa/cleanup.log'), 'utf8');
    expect(log).toMatch(
      /^2026-03-20T02:00:00.000Z deletes 2 parts of raw\/binance\/BTCUSDT\/2026-03-10 \(part_0001.jsonl, part_0002.jsonl\), \d+ bytes: older than 7 days; in trades of 2026-03-10 \([0-9a-f]{12}\), bars_1s of 2026-03-10 \([0-9a-f]{12}\)\n$/,
    );
    expect(printed).toContain('deleted binance/BTCUSDT: 2 parts');
  });

  it('passes over what is not of the lake, names it once, and leaves it there', async () => {
    await writePart(old, 1);
    await lake.transform();
    const strays = ['raw/.DS_Store', 'raw/binance/notes.txt', `raw/binance/BTCUSDT/${old}/mine`];
    for (const stray of strays) await writeFile(join(lake.root, stray), 'mine');
    const { code, warnings } = await clean();
    expect(code).toBe(0);
    expect(warnings).toEqual([
      expect.stringContaining(`3 names are not of the lake: ${strays[0]}`),
    ]);
    expect(await listRaw(old)).toEqual([]);
    for (const stray of strays) expect(await readFile(join(lake.root, stray), 'utf8')).toBe('mine');
  });

  it('only says what it would do with --dry-run', async () => {
    await writePart(old, 1);
    await writePart(old, 3);
    await lake.transform();
    await writePart(old, 9);
    const before = await readdir(lake.root, { recursive: true });
    expect((await clean({ 'dry-run': true })).code).toBe(0);
    expect(printed).toContain('would delete binance/BTCUSDT: 1 parts');
    expect(printed).toContain(
      'would keep binance/BTCUSDT: 1 parts, 0.000 GB, 2026-03-10: not transformed yet',
    );
    expect(await readdir(lake.root, { recursive: true })).toEqual(before);
  });

  const bars = () => partitionPath(lake.root, 'bars_1s', instrument, old);
  const tradesManifest = () => partitionManifestPath(lake.root, 'trades', instrument, old);
  it.each<[string, string, () => Promise<unknown>]>([
    ['its Parquet file has gone', 'bars_1s of 2026-03-10 does not exist', () => rm(bars())],
    ['its Parquet file is cut', 'is not what its manifest says', () => writeFile(bars(), 'PAR1')],
    [
      'a bit of its Parquet file has turned',
      'is not what its manifest says',
      async () => {
        const bytes = await readFile(bars());
        bytes[bytes.length >> 1]! ^= 1;
        await writeFile(bars(), bytes);
      },
    ],
    ['a manifest is damaged', 'has a damaged manifest', () => writeFile(tradesManifest(), '{')],
    [
      'it is no input',
      'no input of trades of 2026-03-10',
      () =>
        readFile(tradesManifest(), 'utf8').then((text) =>
          writeFile(tradesManifest(), text.replace('part_0001', 'part_0009')),
        ),
    ],
    [
      'it has other bytes',
      'damaged',
      () => appendFile(join(rawDayDir(lake.root, instrument, old), 'part_0001.jsonl'), '\n'),
    ],
    [
      'the ledger has gone',
      'not transformed yet',
      () => rm(join(lake.root, 'state/transform/binance/BTCUSDT', `${old}.jsonl`)),
    ],
    [
      'it is not described',
      'not described in the raw manifest',
      () => rm(join(rawDayDir(lake.root, instrument, old), 'manifest.jsonl')),
    ],
  ])('keeps a part and says so when %s', async (_, reason, damage) => {
    await writePart(old, 1);
    await lake.transform();
    await damage();
    const run = await clean();
    expect(await listRaw(old)).toEqual(['part_0001.jsonl']);
    expect(run.warnings.join()).toContain(reason);
  });

  it.each(['gcs: { bucket_name: mine }', 's3: { bucket_name: mine }'])(
    'deletes nothing that is not in the bucket: %s',
    async (yaml) => {
      await writePart(old, 1);
      await lake.transform();
      const run = await clean({}, yaml, [{ freeBytes: 0, bytes: 1000e9 }]);
      expect(await listRaw(old)).toEqual(['part_0001.jsonl']);
      expect(run.warnings.join()).toContain('not uploaded');
      expect(run.errors.join()).toContain('nothing more may be deleted');
      expect(run.code).toBe(1);
    },
  );

  it('makes room with proven parts that are not old, oldest first, when the disk is nearly full', async () => {
    const days = [addDays(today, -3), addDays(today, -2), addDays(today, -1)];
    for (const day of days) await writePart(day, 1);
    await lake.transform();
    const unread = await writePart(today, 1);
    const lacking = { freeBytes: 200e9 - 1, bytes: 1000e9 };
    expect((await clean({}, '', [lacking, roomy])).code).toBe(0);
    expect((await Promise.all(days.map(listRaw))).map((names) => names.length)).toEqual([0, 1, 1]);
    const full = await clean({}, '', [{ freeBytes: 1000, bytes: 1000e9 }]);
    expect((await Promise.all(days.map(listRaw))).map((names) => names.length)).toEqual([0, 0, 1]);
    expect(await readFile(unread, 'utf8')).not.toBe('');
    expect(full.code).toBe(1);
    expect(full.errors.join()).toMatch(
      /nearly full and nothing more may be deleted: 0.000 GB are free/,
    );
  });

  it('deletes what killed jobs have left, long ago only, and day folders of which nothing is left', async () => {
    const files = ['state/tmp/verify-1/a/b', 'state/spill/c', 'quarantine/binance/BTCUSDT/x'];
    const folders = ['state/tmp/verify-1/a', 'state/tmp/verify-1', 'quarantine/binance/BTCUSDT'];
    for (const file of files) {
      await mkdir(join(lake.root, file, '..'), { recursive: true });
      await writeFile(join(lake.root, file), 'left');
    }
    const longAgo = new Date(startOfDayUs(old) / 1000);
    // Its last file may be about to come.
    await mkdir(join(lake.root, 'state/tmp/new/empty'), { recursive: true });
    for (const one of [...files, ...folders, 'quarantine/binance']) {
      await utimes(join(lake.root, one), longAgo, longAgo);
    }
    const now = new Date(startOfDayUs(today) / 1000);
    await utimes(join(lake.root, 'state/tmp/new/empty'), now, now);
    const emptyDay = rawDayDir(lake.root, instrument, '2026-01-01');
    await mkdir(emptyDay, { recursive: true });
    await writeFile(join(emptyDay, 'manifest.jsonl'), '');
    await clean();
    expect(await readdir(join(lake.root, 'state/tmp'))).toEqual(['new']);
    expect(await readdir(join(lake.root, 'state/tmp/new'))).toEqual(['empty']);
    expect(await readdir(join(lake.root, 'state/spill'))).toEqual([]);
    expect(await readdir(join(lake.root, 'quarantine'))).toEqual([]);
    expect(await readdir(join(lake.root, 'raw/binance/BTCUSDT'))).toEqual([]);
  });

  it('deletes what killed restores have left, long ago only, and while no journal may name it', async () => {
    await writePart(today, 1);
    const uuid = '20dba345-8c62-47f8-80c3-2aa8762e1453';
    const left = [
      `raw/binance/BTCUSDT/${old}/part_0001.jsonl.plain.restored`,
      'parquet/binance/BTCUSDT/year=2026/month=03/day=10/bars_1s.parquet.restored',
      `trades/binance/BTCUSDT/year=2026/month=03/day=10/trades.uploaded.json.${uuid}.tmp`,
      `state/transform/binance/BTCUSDT/${old}.jsonl.restored`,
      `state/status/collect.json.${uuid}.tmp`,
      `state/upload/ledger.json.${uuid}.tmp`,
      `health/heartbeat.json.${uuid}.tmp`,
    ];
    const recent = `raw/binance/BTCUSDT/${today}/part_0002.jsonl.restored`;
    for (const file of [...left, recent]) {
      await mkdir(join(lake.root, file, '..'), { recursive: true });
      await writeFile(join(lake.root, file), 'left');
    }
    const [longAgo, now] = [old, today].map((day) => new Date(startOfDayUs(day) / 1000)) as [
      Date,
      Date,
    ];
    for (const file of left) await utimes(join(lake.root, file), longAgo, longAgo);
    await utimes(join(lake.root, recent), now, now);
    const journal = join(lake.root, 'state/transform/binance/BTCUSDT/commit.json');
    await writeFile(journal, '{}');
    await clean();
    const list = async () =>
      (await readdir(lake.root, { recursive: true }))
        .filter((name) => /restored$|tmp$/.test(name))
        .filter((name) => name !== 'state/tmp');
    expect((await list()).sort()).toEqual([...left, recent].sort());
    await rm(journal);
    await clean();
    expect(await list()).toEqual([recent]);
    expect(await listRaw(today)).toContain('part_0001.jsonl');
    const log = await readFile(join(lake.root, 'logs/qa/cleanup.log'), 'utf8');
    for (const file of left) expect(log).toContain(`deletes ${file}: left over`);
  });

  it('leaves a lake whose late fill gives the same partitions as if nothing had been deleted', async () => {
    const whole = await makeScratchLake();
    const parts = [1, 2].map((number) => [old, number] as const);
    for (const [day, number] of parts) await writePart(day, number);
    await lake.transform();
    const lines = (
      await readFile(join(rawDayDir(lake.root, instrument, old), 'part_0001.jsonl'), 'utf8')
    )
      .trim()
      .split('\n');
    const others = (
      await readFile(join(rawDayDir(lake.root, instrument, old), 'part_0002.jsonl'), 'utf8')
    )
      .trim()
      .split('\n');
    await whole.writePart(old, 1, lines);
    await whole.writePart(old, 2, others);
    await whole.transform();
    await clean();
    expect(await listRaw(old)).toEqual([]);
    const late = [tradeLine({ id: 1, us: startOfDayUs(old) + 30_000_000 })];
    for (const one of [lake, whole]) {
      await one.writePart(today, 5, late);
      await one.transform();
    }
    expect(await lake.digestPartitions()).toEqual(await whole.digestPartitions());
    await rm(whole.root, { recursive: true });
  });
});
