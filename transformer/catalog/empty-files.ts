// Files without a row for the views to stand on where a lake has none yet: DuckDB refuses a pattern that finds
// nothing. They lie with the tail, under an exchange of no name; made where they are missing, never changed.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckdbSession, readSql } from '../../lake/duckdb.ts';
import { renameDurably } from '../../lake/durable.ts';
import { type Dataset, liveDir, livePath } from '../../lake/layout.ts';
import { findParquetFault } from '../parquet-file.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, `${name}.sql`));
const emptySql: Record<Dataset, string> = {
  bars_1s: readOwn('empty-bars'),
  trades: readOwn('empty-trades'),
  reconcile: readOwn('empty-reconcile'),
};
const datasets: readonly Dataset[] = ['bars_1s', 'trades', 'reconcile'];
const nobody = { exchange: 'none', symbol: 'NONE' };

/** Shaped like the folder of a partition, because views read its name. */
function emptyDir(root: string): string {
  return join(liveDir(root), nobody.exchange, nobody.symbol, 'year=1970', 'month=01', 'day=01');
}

/** Stands for the Parquet files of a dataset that has none. */
export function emptyPath(root: string, dataset: Dataset): string {
  return join(emptyDir(root), `${dataset}.parquet`);
}

/** Stands for the manifests of a lake that has none. */
export function emptyManifestPath(root: string): string {
  return join(emptyDir(root), 'manifest.json');
}

/** Stands for a layer of the tail of an instrument that has none. */
export function emptyTailPath(root: string, dataset: 'bars_1s' | 'trades'): string {
  return livePath(root, dataset, nobody, 'sealed');
}

function listEmptyFiles(root: string): { dataset: Dataset; path: string }[] {
  return [
    ...datasets.map((dataset) => ({ dataset, path: emptyPath(root, dataset) })),
    ...(['bars_1s', 'trades'] as const).flatMap((dataset) =>
      (['sealed', 'open'] as const).map((layer) => ({
        dataset,
        path: livePath(root, dataset, nobody, layer),
      })),
    ),
  ];
}

/** Whether none is missing or damaged. */
export function hasEmptyFiles(root: string): boolean {
  const files = listEmptyFiles(root);
  return existsSync(emptyManifestPath(root)) && files.every(({ path }) => isWhole(path));
}

function isWhole(path: string): boolean {
  return findParquetFault(path) === undefined;
}

/** Makes those that are missing or damaged. The session is any that may write below the root. */
export async function writeEmptyFiles(root: string, session: DuckdbSession): Promise<void> {
  await mkdir(emptyDir(root), { recursive: true });
  for (const { dataset, path } of listEmptyFiles(root)) {
    if (isWhole(path)) continue;
    // What a killed process has left is swept by cleanup.
    const staged = `${path}.${randomUUID()}.tmp`;
    await session.setVariable('output_path', staged);
    await session.run(emptySql[dataset]);
    await renameDurably(staged, path);
  }
  const manifest = emptyManifestPath(root);
  if (!existsSync(manifest)) await writeFile(manifest, '');
}
