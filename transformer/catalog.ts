// The catalog `lake.duckdb`: views over the Parquet files, and macros, nothing else. Made in a file of its own and
// renamed into place, so whoever has the old one open keeps it; safe to delete at any time.

import { glob, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../lake/config.ts';
import { type DuckdbSession, openDuckdb, readSql } from '../lake/duckdb.ts';
import { renameDurably } from '../lake/durable.ts';
import { findErrorCode, OperationalError } from '../lake/errors.ts';
import { catalogPath, type Dataset, tempDir } from '../lake/layout.ts';
import { awaitLock } from '../lake/lock.ts';
import { type CatalogScope, formatCatalog, formatPattern } from './catalog/definition.ts';
import { emptyPath, hasEmptyFiles, writeEmptyFiles } from './catalog/empty-files.ts';
import { readStandingCatalog } from './catalog/standing.ts';

/** Making it takes a few seconds where files have to be looked into. */
const lockWithinMs = 60_000;
const neverAborted = new AbortController().signal;

const mixedFilesSql = readSql(join(import.meta.dirname, 'catalog', 'mixed-files.sql'));
const datasets: readonly Dataset[] = ['bars_1s', 'trades', 'reconcile'];

/**
 * Makes the catalog of the lake anew, where the one that stands is not of this lake as it is and of this version.
 * With `anew`, when files came that this version has not written, in any case. Datasets without any file become
 * empty views. Throws OperationalError where the lake may only be read.
 */
export async function writeCatalog(
  { root }: Pick<Config, 'root'>,
  { anew = false }: { anew?: boolean } = {},
): Promise<void> {
  if (!anew && (await isCurrent(root, await findStored(root)))) return;
  try {
    const lock = await awaitLock(root, 'catalog', { withinMs: lockWithinMs, signal: neverAborted });
    try {
      const found = await findStored(root);
      // Whoever was waited for may have made it.
      if (anew || !(await isCurrent(root, found))) await replaceCatalog(root, found);
    } finally {
      await lock.release();
    }
  } catch (thrown) {
    const code = findErrorCode(thrown);
    if (code !== 'EROFS' && code !== 'EACCES' && code !== 'EPERM') throw thrown;
    const standing = await readStandingCatalog(root);
    const madeFor = standing && `; the one that stands is of ${standing.root}`;
    throw new OperationalError(
      `write ${catalogPath(root)}: the lake may only be read${madeFor ?? ''}`,
      {
        hint: 'mount the lake where its catalog was made, or run --mode query once where it may be written',
        cause: thrown,
      },
    );
  }
}

type Stored = Pick<CatalogScope, 'stored' | 'described'>;

async function isCurrent(root: string, found: Stored): Promise<boolean> {
  const standing = await readStandingCatalog(root);
  if (standing === undefined || !hasEmptyFiles(root)) return false;
  return [false, true].some((isMixed) => {
    const { fingerprint } = formatCatalog({ root, ...found, isMixed });
    return fingerprint === standing.fingerprint;
  });
}

async function replaceCatalog(root: string, found: Stored): Promise<void> {
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
    const isMixed = await hasMixedFiles(root, found, session);
    await session.run(`BEGIN; ${formatCatalog({ root, ...found, isMixed }).sql}; COMMIT`);
    await session.run('CHECKPOINT');
  } finally {
    session.close();
  }
  await renameDurably(staged, catalogPath(root));
}

async function findStored(root: string): Promise<Stored> {
  const stored = new Set<Dataset>();
  const described = new Set<Dataset>();
  for (const dataset of datasets) {
    if (await hasFiles(formatPattern(root, dataset, `${dataset}.parquet`))) stored.add(dataset);
    const manifests = formatPattern(root, dataset, `${dataset}.manifest.json`);
    if (await hasFiles(manifests)) described.add(dataset);
  }
  return { stored, described };
}

async function hasMixedFiles(
  root: string,
  { stored }: Stored,
  session: DuckdbSession,
): Promise<boolean> {
  for (const dataset of stored) {
    await session.setVariable('whole', emptyPath(root, dataset));
    await session.setVariable('pattern', formatPattern(root, dataset, `${dataset}.parquet`));
    const [row] = await session.all(mixedFilesSql);
    if (row!.is_mixed === true) return true;
  }
  return false;
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
