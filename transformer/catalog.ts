// The catalog `lake.duckdb`: views over the Parquet files, and macros, nothing else. Made in a file of its own and
// renamed into place, so whoever has the old one open keeps it; safe to delete at any time.

import { glob, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../lake/config.ts';
import { openDuckdb } from '../lake/duckdb.ts';
import { renameDurably } from '../lake/durable.ts';
import { findErrorCode } from '../lake/errors.ts';
import { catalogPath, type Dataset, tempDir } from '../lake/layout.ts';
import { awaitLock } from '../lake/lock.ts';
import { type CatalogScope, formatCatalog, formatPattern } from './catalog/definition.ts';
import { writeEmptyFiles } from './catalog/empty-files.ts';

/** Making it takes less than a second. */
const lockWithinMs = 60_000;
const neverAborted = new AbortController().signal;

const datasets: readonly Dataset[] = ['bars_1s', 'trades', 'reconcile'];

/** Makes the catalog of the lake anew. Datasets without any file become empty views. */
export async function writeCatalog(config: Pick<Config, 'root'>): Promise<void> {
  const { root } = config;
  const lock = await awaitLock(root, 'catalog', { withinMs: lockWithinMs, signal: neverAborted });
  try {
    await makeCatalog(root);
  } finally {
    await lock.release();
  }
}

async function makeCatalog(root: string): Promise<void> {
  const folder = tempDir(root, 'catalog');
  // One that was killed has left its file.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // The name up to the first dot is the one the views know their database by.
  const staged = join(folder, 'lake.duckdb');
  const session = await openDuckdb({
    path: staged,
    memoryLimit: '200MB',
    threads: 1,
    spillDir: join(root, 'state', 'spill'),
  });
  try {
    await writeEmptyFiles(root, session);
    await session.run(formatCatalog(await findScope(root)));
    await session.run('CHECKPOINT');
  } finally {
    session.close();
  }
  await renameDurably(staged, catalogPath(root));
}

async function findScope(root: string): Promise<CatalogScope> {
  const stored = new Set<Dataset>();
  const described = new Set<Dataset>();
  for (const dataset of datasets) {
    if (await hasFiles(formatPattern(root, dataset, `${dataset}.parquet`))) stored.add(dataset);
    const manifests = formatPattern(root, dataset, `${dataset}.manifest.json`);
    if (await hasFiles(manifests)) described.add(dataset);
  }
  return { root, stored, described, mixed: stored };
}

/** What is wrong with the catalog that stands, by its first bytes; undefined where nothing is. */
export async function findCatalogFault(root: string): Promise<string | undefined> {
  const head = Buffer.alloc(12);
  try {
    const file = await open(catalogPath(root), 'r');
    await file.read(head, 0, 12, 0).finally(() => file.close());
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return 'is missing';
    throw thrown;
  }
  return head.toString('latin1', 8) === 'DUCK' ? undefined : 'is damaged';
}

async function hasFiles(pattern: string): Promise<boolean> {
  for await (const _ of glob(pattern)) return true;
  return false;
}
