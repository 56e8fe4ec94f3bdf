// The lake's catalog as the data process reads it: one session, one query at a time, opened anew when the catalog
// was replaced. What is asked reaches SQL as variables, never as text.

import { stat } from 'node:fs/promises';
import type { Config } from '../../../lake/config.ts';
import type { DuckdbSession, SqlValue } from '../../../lake/duckdb.ts';
import { catalogPath } from '../../../lake/layout.ts';
import { openLakeSession } from '../../query/lake-session.ts';
import { collectRows, type JsonRows } from './json-rows.ts';

export type LakeReader = {
  /** Rows of a statement that reads `getvariable(...)` of each of the variables. */
  query(sql: string, variables?: Record<string, SqlValue | null>): Promise<JsonRows>;
  /** Runs `use` with the session alone; queries wait. */
  withSession<Value>(use: (session: DuckdbSession) => Promise<Value>): Promise<Value>;
  /** Stops what is running. */
  interrupt(): void;
  close(): Promise<void>;
};

export type ReaderLimits = { memoryLimit: string; threads: number; outPath?: string };

export function openLakeReader(
  config: Pick<Config, 'root' | 'transformer'>,
  limits: ReaderLimits,
): LakeReader {
  let open: { session: DuckdbSession; version: string } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function renew(): Promise<DuckdbSession> {
    const version = await readVersion(config.root);
    if (open !== undefined && open.version === version) return open.session;
    open?.session.close();
    open = undefined;
    const session = await openLakeSession(config, limits);
    open = { session, version: await readVersion(config.root) };
    return session;
  }

  function withSession<Value>(use: (session: DuckdbSession) => Promise<Value>): Promise<Value> {
    const next = last.then(async () => use(await renew()));
    last = next.catch(() => {});
    return next;
  }

  return {
    withSession,
    query: (sql, variables = {}) =>
      withSession(async (session) => {
        for (const [name, value] of Object.entries(variables)) {
          await session.setVariable(name, value as SqlValue);
        }
        return collectRows(await session.connection.run(sql));
      }),
    interrupt: () => open?.session.connection.interrupt(),
    async close() {
      await last;
      open?.session.close();
    },
  };
}

/** Changes when the catalog is replaced; empty where there is none. */
async function readVersion(root: string): Promise<string> {
  const found = await stat(catalogPath(root), { bigint: true }).catch(() => undefined);
  return found === undefined ? '' : `${found.ino} ${found.mtimeNs}`;
}
