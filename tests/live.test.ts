// The live tail shows what the transformer would write, were the parts being written cut at their last whole line
// and sealed: in every column, wherever they end, however much of it was transformed before.

import { cp, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import type { Row } from '../lake/duckdb.ts';
import { silentLog } from '../lake/log.ts';
import { openLakeSession } from '../tools/query/lake-session.ts';
import { openLiveTail } from '../transformer/live/live-tail.ts';
import { type RandomPart, randomParts } from './random-parts.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

type Rows = { bars: Row[]; trades: Row[] };

it('shows what the transformer would write, wherever the parts end', async () => {
  await fc.assert(
    fc.asyncProperty(randomParts, fc.infiniteStream(fc.nat(1_000_000)), async (parts, numbers) => {
      await live(parts, (bound) => numbers.next().value % bound);
    }),
    { numRuns: Number(process.env.LAKE_TEST_LIVES ?? 1), endOnFailure: true },
  );
}, 3_600_000);

it('is read once by a query, so that what a run publishes meanwhile is neither doubled nor missing', async () => {
  const lake = await makeScratchLake();
  const config = parseConfig(`root: ${lake.root}`, {});
  (await openLiveTail(config, silentLog)).close();
  const session = await openLakeSession(config);
  try {
    for (const view of ['bars_live', 'trades_live', 'bars_live_1h']) {
      const plan = JSON.stringify(await session.all(`EXPLAIN (ANALYZE, FORMAT json) FROM ${view}`));
      // The lake's files twice, before the tail and beside it; of the tail what is sealed and what is open.
      expect(plan.match(/Function[^A-Z]+READ_PARQUET/g)).toHaveLength(4);
    }
  } finally {
    session.close();
  }
}, 60_000);

/** Writes the parts as a collector does, while runs and refreshes come in between. */
async function live(parts: readonly RandomPart[], random: (bound: number) => number) {
  const lake = await makeScratchLake();
  const open = () => openLiveTail(parseConfig(`root: ${lake.root}`, {}), silentLog);
  let tail = await open();
  try {
    let left: RandomPart | undefined;
    for (const part of parts) {
      const text = part.lines.map((line) => `${line}\n`).join('');
      const cuts = Array.from({ length: 1 + random(2) }, () => random(text.length + 1));
      for (const cut of cuts.sort((a, b) => a - b)) {
        await writeOpen(lake, part, text.slice(0, cut));
        if (random(4) === 0) {
          tail.close();
          tail = await open();
        }
        if (random(3) === 0) await compare(lake, tail);
        else await tail.refresh();
      }
      if (left !== undefined) await seal(lake, left);
      left = undefined;
      await writeOpen(lake, part, text);
      if (random(4) === 0) left = part;
      else await seal(lake, part);
      if (random(3) === 0) await tail.refresh();
      if (random(3) === 0) expect(await lake.transform()).toBe(0);
      if (random(5) === 0) await compare(lake, tail);
    }
    await compare(lake, tail);
  } finally {
    tail.close();
  }
}

async function compare(lake: ScratchLake, tail: Awaited<ReturnType<typeof openLiveTail>>) {
  await tail.refresh();
  const shown = await readRows(lake.root, 'live');
  const copy = await makeScratchLake();
  await cp(lake.root, copy.root, { recursive: true });
  await rm(join(copy.root, 'state/live'), { recursive: true, force: true });
  for await (const path of glob(join(copy.root, 'raw/**/*.open'))) {
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, text.lastIndexOf('\n') + 1));
    await rename(path, path.slice(0, -'.open'.length));
  }
  expect(await copy.transform()).toBe(0);
  expect(shown).toEqual(await readRows(copy.root, 'stored'));
}

function rawPath({ root }: ScratchLake, { day, number }: RandomPart): string {
  const name = `part_${String(number).padStart(4, '0')}.jsonl`;
  return join(root, 'raw/binance/BTCUSDT', day, name);
}

async function writeOpen(lake: ScratchLake, part: RandomPart, text: string): Promise<void> {
  const path = `${rawPath(lake, part)}.open`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function seal(lake: ScratchLake, part: RandomPart): Promise<void> {
  await rename(`${rawPath(lake, part)}.open`, rawPath(lake, part));
}

async function readRows(root: string, kind: 'live' | 'stored'): Promise<Rows> {
  const session = await openLakeSession(parseConfig(`root: ${root}`, {}));
  const [bars, trades] = kind === 'live' ? ['bars_live', 'trades_live'] : ['bars_1s', 'trades'];
  try {
    return {
      bars: await session.all(`FROM ${bars} ORDER BY window_start`),
      trades: await session.all(`FROM ${trades} ORDER BY trade_id`),
    };
  } finally {
    session.close();
  }
}
