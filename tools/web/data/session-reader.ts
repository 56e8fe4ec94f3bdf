// One DuckDB session that answers one query at a time. What is asked reaches SQL as variables, never as text. Who waits
// for another can leave at once; what was begun is interrupted.

import type { DuckdbSession, SqlValue } from '../../../lake/duckdb.ts';
import type { KeptSession } from '../../../lake/kept-session.ts';
import { readAgain } from '../../query/read-again.ts';
import { Refusal } from '../refusal.ts';
import { collectRows, type JsonRows } from './json-rows.ts';

export type SessionReader<Session extends DuckdbSession = DuckdbSession> = {
  /** Rows of a statement that reads `getvariable(...)` of each of the variables. */
  query(sql: string, variables?: Record<string, SqlValue | null>): Promise<JsonRows>;
  /** Runs `use` with the session alone; queries wait. It is run again where files were replaced under it. */
  withSession<Value>(use: (session: Session) => Promise<Value>): Promise<Value>;
  /** The same reader; what it does is stopped when `signal` is aborted. */
  boundTo(signal: AbortSignal): SessionReader<Session>;
  close(): Promise<void>;
};

const interruptEveryMs = 50;

/** Of the lake at `root`. `find` gives the session, opened where it is not; `close` is called when nothing uses it any more. */
export function openSessionReader<Session extends DuckdbSession>(
  root: string,
  find: () => Promise<KeptSession<Session>>,
  closeSession: () => void,
): SessionReader<Session> {
  let last: Promise<unknown> = Promise.resolve();

  function withSession<Value>(
    use: (session: Session) => Promise<Value>,
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
    use: (session: Session) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value> {
    rejectStopped(signal);
    const sessions = await find();
    let timer: NodeJS.Timeout | undefined;
    // DuckDB forgets an interrupt that comes between two statements.
    const interrupt = () => {
      sessions.session.connection.interrupt();
      timer ??= setInterval(interrupt, interruptEveryMs);
    };
    signal?.addEventListener('abort', interrupt);
    try {
      rejectStopped(signal);
      return await readAgain(
        root,
        () => sessions.use(use),
        () => signal?.aborted !== true,
      );
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
    closeSession();
  }

  const bind = (signal?: AbortSignal): SessionReader<Session> => ({
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
