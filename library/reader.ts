// Answers of an open lake, each on a connection of its own, so that several can be read beside each other; the connection
// is given back when the answer was read to its end or left. At most 64 at a time. An answer that breaks off throws.

import { setTimeout } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import { type DuckdbSession, readChunks } from '../lake/duckdb.ts';
import { OperationalError } from '../lake/errors.ts';
import { DatabaseLostError, type KeptSession } from '../lake/kept-session.ts';
import { readAgain } from '../tools/query/read-again.ts';

/** Starts a statement on the connection it is given. */
export type Ask = (connection: DuckDBConnection) => Promise<DuckDBResult>;

export type Answer = { chunk: DuckDBDataChunk; result: DuckDBResult };

export type Reader = {
  /**
   * The chunks of the answers, one statement after the other, read while they are asked for. `what` says in errors
   * what was tried: `read bars binance/BTCUSDT`. Throws OperationalError.
   */
  read(what: string, asks: Iterable<Ask>): AsyncGenerator<Answer>;
  /** Stops every statement; what is read after it throws OperationalError. */
  close(): Promise<void>;
};

const maxAnswers = 64;
const interruptEveryMs = 10;
const closeWithinMs = 5000;

/** Of the lake at `root`. */
export function openReader(sessions: KeptSession<DuckdbSession>, root: string): Reader {
  /** What DuckDB is busy with, and the connection that can be told to stop. */
  const steps = new Map<Promise<unknown>, DuckDBConnection | undefined>();
  let answers = 0;
  let isClosed = false;

  function assertOpen(what: string): void {
    if (isClosed) throw new OperationalError(`${what}: the lake was closed`);
  }

  function takePlace(what: string): void {
    assertOpen(what);
    if (answers >= maxAnswers) {
      throw new OperationalError(`${what}: ${maxAnswers} answers are being read already`, {
        hint: 'read one to its end, or leave its loop, before asking for more',
        retryable: true,
      });
    }
    answers += 1;
  }

  /** Awaits a step, which a close interrupts, and waits for: DuckDB must not be closed under it. */
  async function run<Result>(
    step: Promise<Result>,
    connection?: DuckDBConnection,
  ): Promise<Result> {
    steps.set(step, connection);
    return step.finally(() => steps.delete(step));
  }

  async function* readOn(
    what: string,
    connection: DuckDBConnection,
    ask: Ask,
  ): AsyncGenerator<Answer> {
    assertOpen(what);
    const begin = async () => {
      const result = await run(ask(connection), connection);
      const chunks = readChunks(result);
      return { result, chunks, first: await run(chunks.next(), connection) };
    };
    // Once rows are handed out it can't begin anew.
    const { result, chunks, first } = await readAgain(root, begin, () => !isClosed);
    for (let next = first; !next.done; next = await run(chunks.next(), connection)) {
      assertOpen(what);
      yield { chunk: next.value, result };
      assertOpen(what);
    }
  }

  async function* read(what: string, asks: Iterable<Ask>): AsyncGenerator<Answer> {
    takePlace(what);
    const { session } = sessions;
    let connection: DuckDBConnection | undefined;
    try {
      connection = await run(session.connect());
      for (const ask of asks) yield* readOn(what, connection, ask);
    } catch (thrown) {
      // What stops a statement is the close, not what the statement says of it.
      assertOpen(what);
      // What was handed out of the answer can't be taken back; the next one has another session.
      if (await run(sessions.renewIfLost(session))) throw new DatabaseLostError(thrown);
      if (thrown instanceof OperationalError) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new OperationalError(`${what}: ${reason}`, { cause: thrown });
    } finally {
      connection?.closeSync();
      answers -= 1;
    }
  }

  async function close(): Promise<void> {
    isClosed = true;
    const deadline = AbortSignal.timeout(closeWithinMs);
    while (steps.size > 0) {
      if (deadline.aborted) {
        throw new OperationalError(
          `close lake: a statement does not stop within ${closeWithinMs / 1000} s`,
        );
      }
      // One that comes before its statement has begun is lost, so it is said again.
      for (const connection of steps.values()) connection?.interrupt();
      await Promise.race([Promise.allSettled(steps.keys()), setTimeout(interruptEveryMs)]);
    }
  }

  return { read, close };
}
