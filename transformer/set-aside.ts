// Takes Parquet files that cannot be read out of every query: one of them fails each query over its dataset,
// and the catalog itself. Such a file is renamed to `<name>.damaged` where it lies, and never changed.

import { join, relative } from 'node:path';
import { openDuckdb, readSql } from '../lake/duckdb.ts';
import { renameDurably } from '../lake/durable.ts';
import { findParquetFault } from './parquet-file.ts';

const readWhole = readSql(join(import.meta.dirname, 'sql/read-whole.sql'));

/** Reads each file, and renames those that fail; their new names below the root. */
export async function setAside(root: string, paths: readonly string[]): Promise<string[]> {
  const aside: string[] = [];
  for (const path of paths) {
    if (findParquetFault(path) === undefined && (await isReadable(root, path))) continue;
    await renameDurably(path, `${path}.damaged`);
    aside.push(relative(root, `${path}.damaged`));
  }
  return aside;
}

/** Whatever makes DuckDB refuse it would make it refuse a query. */
async function isReadable(root: string, path: string): Promise<boolean> {
  const spillDir = join(root, 'state', 'spill');
  const limits = { memoryLimit: '256MB', threads: 1, spillDir };
  const session = await openDuckdb({ path: ':memory:', ...limits });
  try {
    await session.setVariable('path', path);
    return await session.all(readWhole).then(
      () => true,
      () => false,
    );
  } finally {
    session.close();
  }
}
