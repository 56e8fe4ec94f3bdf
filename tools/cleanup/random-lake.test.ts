// Cleanup among random lakes: parts written, transformed and damaged in any order, the disk full or not.

import { access, appendFile, glob, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { addDays, startOfDayUs } from '../../lake/day.ts';
import { silentLog } from '../../lake/log.ts';
import { listPartIds, writeDescribedPart } from '../../tests/described-part.ts';
import { makeScratchLake, type ScratchLake } from '../../tests/scratch-lake.ts';
import { cleanUp } from './cleanup.ts';

const today = '2026-03-20';
const runs = Number(process.env.LAKE_TEST_CLEANUPS ?? 4);

/** By kind, the files of which one may be damaged, and how. */
const damages: Record<string, [pattern: string, damage: (path: string) => Promise<unknown>]> = {
  partition: ['{parquet,trades}/**/*.parquet', (path) => truncate(path, 40)],
  'a bit of a partition': ['{parquet,trades}/**/*.parquet', flipBit],
  'no partition': ['{parquet,trades}/**/*.parquet', (path) => rm(path)],
  manifest: ['{parquet,trades}/**/*.manifest.json', (path) => writeFile(path, '{')],
  ledger: ['state/transform/**/*.jsonl', (path) => rm(path)],
  part: ['raw/**/part_*.jsonl', (path) => appendFile(path, 'more\n')],
  'raw manifest': ['raw/**/manifest.jsonl', (path) => rm(path)],
};

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ write: fc.nat(10), number: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ transform: true }) },
  {
    weight: 2,
    arbitrary: fc.record({ damage: fc.constantFrom(...Object.keys(damages)), at: fc.nat() }),
  },
  { weight: 3, arbitrary: fc.record({ freeBytes: fc.constantFrom(0, 200e9 - 700, 900e9) }) },
);

it(
  'never deletes a part whose trades are not in whole partitions',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 12 }), async (actions) => {
        const lake = await makeScratchLake();
        const parts = new Map<string, number[]>();
        for (const step of actions) {
          if ('write' in step) await write(lake, parts, step.write, step.number);
          else if ('transform' in step) await lake.transform().catch(() => {});
          else if ('damage' in step) await damage(lake, step.damage, step.at);
          else await cleanAndCheck(lake, parts, step.freeBytes);
        }
        await cleanAndCheck(lake, parts, 0);
        await rm(lake.root, { recursive: true });
      }),
      { numRuns: runs, endOnFailure: true },
    );
  },
  60_000 + runs * 10_000,
);

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

async function write(
  lake: ScratchLake,
  parts: Map<string, number[]>,
  daysAgo: number,
  number: number,
): Promise<void> {
  const day = addDays(today, -daysAgo);
  const path = join(lake.root, 'raw/binance/BTCUSDT', day, `part_000${number}.jsonl`);
  if (!parts.has(path))
    parts.set(await writeDescribedPart(lake, day, number), listPartIds(day, number));
}

async function damage(lake: ScratchLake, kind: string, at: number): Promise<void> {
  const [pattern, strike] = damages[kind]!;
  const paths: string[] = [];
  for await (const path of glob(join(lake.root, pattern))) paths.push(path);
  if (paths.length > 0) await strike(paths.sort()[at % paths.length]!);
}

async function cleanAndCheck(
  lake: ScratchLake,
  parts: Map<string, number[]>,
  freeBytes: number,
): Promise<void> {
  const config = parseConfig(`root: ${lake.root}`, {});
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await cleanUp(
    {
      config,
      ...{ options: {}, configText: '', positionals: [], onReload() {} },
      log: { ...silentLog, relay() {}, close: async () => {} },
      clock: { nowUs: () => startOfDayUs(today) + 1, monotonicMs: () => 0 },
      signal: new AbortController().signal,
    },
    async () => ({ freeBytes, bytes: 1000e9 }),
    [],
  );
  print.mockRestore();
  const stored = await readStoredIds(lake);
  for (const [path, ids] of parts) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    parts.delete(path);
    expect(ids.filter((id) => !stored.has(id))).toEqual([]);
  }
}

/** The trades of every partition that can be read. */
async function readStoredIds(lake: ScratchLake): Promise<Set<number>> {
  const ids = new Set<number>();
  for await (const path of glob(join(lake.root, 'trades/**/*.parquet'))) {
    const rows = await lake.query(`SELECT trade_id FROM read_parquet('${path}')`).catch(() => []);
    for (const row of rows) ids.add(Number(row.trade_id));
  }
  return ids;
}
