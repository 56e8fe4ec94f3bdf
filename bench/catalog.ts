// What the catalog's views cost over reading a symbol's own files by hand, on a month of the 13 majors: the hourly
// rollup, both ways in turn in one session, so that the machine is the same for both.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckdbSession, openDuckdb, readSql } from '../lake/duckdb.ts';
import { catalogPath } from '../lake/layout.ts';
import { writeCatalog } from '../transformer/catalog.ts';
import { writeMonth } from './month-model.ts';
import type { Row } from './row.ts';

const rounds = 15;
const readOwn = (name: string) => readSql(join(import.meta.dirname, `${name}.sql`));
const viewSql = readOwn('hours-by-view');
const handSql = readOwn('hours-by-hand');

export async function benchCatalog(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-month-'));
  try {
    const beganMs = performance.now();
    const { rows } = await writeMonth(root);
    const madeMs = performance.now() - beganMs;
    const unchangedMs = await time(() => writeCatalog({ root }));
    const spillDir = join(root, 'state', 'spill');
    const limits = { memoryLimit: '2GB', threads: 2, spillDir };
    const session = await openDuckdb({ path: catalogPath(root), ...limits, readOnly: true });
    const { viewMs, handMs } = await compare(session, root).finally(() => session.close());
    return [
      {
        name: `a month of 13 symbols, ${(rows / 1e6).toFixed(1)} M rows, made`,
        value: madeMs / 1000,
        unit: 's',
      },
      { name: 'hours of a symbol by hand, over its own files', value: handMs, unit: 'ms' },
      { name: 'hours of a symbol by the view', value: viewMs, unit: 'ms' },
      { name: 'by the view over by hand', value: viewMs / handMs, unit: 'x', bound: { max: 1.2 } },
      {
        name: 'a catalog that is up to date, looked at',
        value: unchangedMs,
        unit: 'ms',
        bound: { max: 100 },
      },
    ];
  } finally {
    await rm(root, { recursive: true });
  }
}

/** The medians of both, each round one of each. */
async function compare(session: DuckdbSession, root: string) {
  await session.setVariable('files', join(root, 'parquet/binance/BTCUSDT/*/*/*/bars_1s.parquet'));
  const viewMs: number[] = [];
  const handMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    viewMs.push(await time(() => session.all(viewSql)));
    handMs.push(await time(() => session.all(handSql)));
  }
  return { viewMs: findMedian(viewMs), handMs: findMedian(handMs) };
}

function findMedian(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
