// The catalog `lake.duckdb`: views over the Parquet files, nothing else. Made in a file of its own and
// renamed into place, so whoever has the old one open keeps it; safe to delete at any time.

import { glob, mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../lake/config.ts';
import { openDuckdb, readSql } from '../lake/duckdb.ts';
import { renameDurably } from '../lake/durable.ts';
import { findErrorCode } from '../lake/errors.ts';
import { catalogPath, type Dataset, datasetDir, tempDir } from '../lake/layout.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));
const rollups = readOwn('catalog-rollups');
const datasets: readonly { dataset: Dataset; stored: string; empty: string }[] = [
  { dataset: 'bars_1s', stored: readOwn('catalog-bars'), empty: readOwn('catalog-no-bars') },
  { dataset: 'trades', stored: readOwn('catalog-trades'), empty: readOwn('catalog-no-trades') },
  {
    dataset: 'reconcile',
    stored: readOwn('catalog-reconcile'),
    empty: readOwn('catalog-no-reconcile'),
  },
];

/** Makes the catalog of the lake anew. Datasets without any file become empty views. */
export async function writeCatalog(config: Pick<Config, 'root'>): Promise<void> {
  const path = catalogPath(config.root);
  const folder = tempDir(config.root, 'catalog');
  await mkdir(folder, { recursive: true });
  // The name up to the first dot is the one the views know their database by.
  const staged = join(folder, `lake.${process.pid}.duckdb`);
  await rm(staged, { force: true });
  const session = await openDuckdb({
    path: staged,
    memoryLimit: '100MB',
    threads: 1,
    spillDir: join(config.root, 'state', 'spill'),
  });
  try {
    for (const { dataset, stored, empty } of datasets) {
      const pattern = join(
        resolve(datasetDir(config.root, dataset)),
        '*/*/*/*/*',
        `${dataset}.parquet`,
      );
      // A view keeps its text, so the pattern has to stand in it.
      const literal = `'${pattern.replaceAll("'", "''")}'`;
      await session.run((await hasFiles(pattern)) ? stored.replaceAll(':pattern', literal) : empty);
    }
    await session.run(rollups);
    await session.run('CHECKPOINT');
  } finally {
    session.close();
  }
  await renameDurably(staged, path);
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
