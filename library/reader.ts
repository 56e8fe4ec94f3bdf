// Statements on an open lake: each answer has a connection of its own, so that several can be read beside each other,
// and gives it back when it is read to its end or left. At most 64 at a time.

import { setTimeout } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { bindMoment, type DuckdbSession } from '../lake/duckdb.ts';
import { OperationalError } from '../lake/errors.ts';
import type { SqlParameter, SqlParameters } from './rows.ts';

/** Makes items of an answer, a batch at a time. */
export type Decode<Item> = (result: DuckDBResult) => AsyncIterable<Item[]>;

export type Reader = {
  /** Items while they are asked for. `what` says in errors what was tried: `read bars binance/BTCUSDT`. */
  read<Item>(
    what: string,
    sql: string,
    parameters: SqlParameters,
    decode: Decode<Item>,
  ): AsyncGenerator<Item>;
  /** Stops every statement; what is read after it throws OperationalError. */
  close(): Promise<void>;
};

const maxAnswers = 64;
const interruptEveryMs = 10;
const closeWithinMs = 5000;

export function openReader(session: DuckdbSession): Reader {
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

  async function* read<Item>(
    what: string,
    sql: string,
    parameters: SqlParameters,
    decode: Decode<Item>,
  ): AsyncGenerator<Item> {
    takePlace(what);
    let connection: DuckDBConnection | undefined;
    try {
      connection = await run(session.connect());
      assertOpen(what);
      const answer = await run(connection.stream(sql, bindParameters(parameters)), connection);
      const batches = decode(answer)[Symbol.asyncIterator]();
      for (;;) {
        assertOpen(what);
        const { done, value } = await run(batches.next(), connection);
        if (done) return;
        yield* value;
      }
    } catch (thrown) {
      // What stops a statement is the close, not what the statement says of it.
      assertOpen(what);
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

function bindParameters(parameters: SqlParameters) {
  if (Array.isArray(parameters)) return parameters.map(bindParameter);
  const entries = Object.entries(parameters as Readonly<Record<string, SqlParameter>>);
  return Object.fromEntries(entries.map(([name, value]) => [name, bindParameter(value)]));
}

function bindParameter(value: SqlParameter) {
  return value instanceof Date ? bindMoment(value) : value;
}

/** Rows as objects of plain values, under the names the statement gives them. */
export async function* decodeObjects(result: DuckDBResult): AsyncGenerator<object[]> {
  for await (const rows of result.yieldRowObjectJs()) yield rows.map(narrow);
}

/** Whole numbers as numbers wherever a number holds them exactly, at any depth. */
function narrow<Value>(value: Value): Value;
function narrow(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(narrow);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, narrow(child)]));
}
