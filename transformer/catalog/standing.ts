// What the catalog that stands was made of: read-only, so that it may be in use.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckdb, readSql } from '../../lake/duckdb.ts';
import { catalogPath } from '../../lake/layout.ts';

const aboutSql = readSql(join(import.meta.dirname, 'standing-about.sql'));

export type StandingCatalog = { root: string; fingerprint: string };

/** Undefined where there is none, where it cannot be read, or where it is of an earlier version. */
export async function readStandingCatalog(root: string): Promise<StandingCatalog | undefined> {
  const limits = { memoryLimit: '50MB', threads: 1, spillDir: tmpdir() };
  try {
    const session = await openDuckdb({ path: catalogPath(root), ...limits, readOnly: true });
    try {
      const [about] = await session.all(aboutSql);
      return about && { root: String(about.root), fingerprint: String(about.fingerprint) };
    } finally {
      session.close();
    }
  } catch {
    // Whatever is wrong with it, it is made of views only, and is made again.
    return undefined;
  }
}
