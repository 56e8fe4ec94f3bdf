// The lake's catalog as the data process reads it: one session, one query at a time, opened anew when the catalog
// was replaced. What is asked reaches SQL as variables, never as text.

import { stat } from 'node:fs/promises';
import type { Config } from '../../../lake/config.ts';
import type { DuckdbSession, SqlValue } from '../../../lake/duckdb.ts';
import { type KeptSession, keepSession } from '../../../lake/kept-session.ts';
import { catalogPath } from '../../../lake/layout.ts';
import { type LakeSession, openLakeSession } from '../../query/lake-session.ts';
import { Refusal } from '../refusal.ts';
import { collectRows, type JsonRows } from './json-rows.ts';

export type LakeReader = {
  /** Rows of a statement that reads `getvariable(...)` of each of the variables. */
  query(sql: string, variables?: Record<string, SqlValue | null>): Promise<JsonRows>;
  /** Runs `use` with the session alone; queries wait. */
  withSession<Value>(use: (session: LakeSession) => Promise<Value>): Promise<Value>;
  /** The same reader; what it does is stopped when `signal` is aborted. */
  boundTo(signal: AbortSignal): LakeReader;
  close(): Promise<void>;
};

const interruptEveryMs = 50;

export type ReaderLimits = { memoryLimit: string; threads: number; outPath?: string };

export function openLakeReader(
  config: Pick<Config, 'root' | 'transformer'>,
  limits: ReaderLimits,
): LakeReader {
  let open: { sessions: KeptSession<LakeSession>; version: string } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function renew(): Promise<KeptSession<LakeSession>> {
    const version = await readVersion(config.root);
    if (open !== undefined && open.version === version) return open.sessions;
    open?.sessions.close();
    open = undefined;
    const sessions = await keepSession(() => openLakeSession(config, limits));
    open = { sessions, version: await readVersion(config.root) };
    return sessions;
  }

  function withSession<Value>(
    use: (session: LakeSession) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    // Who waits can leave at once; what was begun has to end first.
    const leave = () => reject(stopped());
    signal?.addEventListener('abort', leave);
    const turn = last.then(() => {
      signal?.removeEventListener('abort', leave);
      return useUntil(use, signal);
    });
    last = turn.catch(() => {});
    turn.then(resolve, reject);
    return promise;
  }

  async function useUntil<Value>(
    use: (session: LakeSession) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value> {
    rejectStopped(signal);
    const sessions = await renew();
    let timer: NodeJS.Timeout | undefined;
    // DuckDB forgets an interrupt that comes between two statements.
    const interrupt = () => {
      sessions.session.connection.interrupt();
      timer ??= setInterval(interrupt, interruptEveryMs);
    };
    signal?.addEventListener('abort', interrupt);
    try {
      rejectStopped(signal);
      return await sessions.use(use);
    } catch (thrown) {
      rejectStopped(signal);
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', interrupt);
      clearInterval(timer);
    }
  }

  async function close(): Promise<void> {
    await last;
    open?.sessions.close();
  }

  const bind = (signal?: AbortSignal): LakeReader => ({
    boundTo: bind,
    close,
    withSession: (use) => withSession(use, signal),
    query: (sql, variables = {}) =>
      withSession(async (session) => {
        await setVariables(session, variables);
        return collectRows(await session.connection.run(sql));
      }, signal),
  });
  return bind();
}

export async function setVariables(
  session: DuckdbSession,
  variables: Record<string, SqlValue | null>,
): Promise<void> {
  for (const [name, value] of Object.entries(variables)) {
    await session.setVariable(name, value as SqlValue);
  }
}

function rejectStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw stopped();
}

function stopped(): Refusal {
  return new Refusal(503, 'stopped: it took too long, or the client has gone');
}

/** Changes when the catalog is replaced; empty where there is none. */
async function readVersion(root: string): Promise<string> {
  const found = await stat(catalogPath(root), { bigint: true }).catch(() => undefined);
  return found === undefined ? '' : `${found.ino} ${found.mtimeNs}`;
}
