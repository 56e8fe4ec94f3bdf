// Why a query failed, for whoever asked: DuckDB's own words, which show the place and what is spelt alike, and what
// the lake has where a table is named that is not there.

import { join } from 'node:path';
import { readSql } from '../../lake/duckdb.ts';
import { ConfigError, isSystemError, OperationalError, UsageError } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import { DatabaseLostError } from '../../lake/kept-session.ts';
import type { LakeSession } from './lake-session.ts';
import { listStatements } from './statements.ts';
import { QueryStopped } from './stoppable.ts';
import { findTablesNamed } from './tables-named.ts';

const viewsSql = readSql(join(import.meta.dirname, 'views.sql'));
const syntaxTreeSql = readSql(join(import.meta.dirname, 'syntax-tree.sql'));
const findFailureSql = readSql(join(import.meta.dirname, 'find-failure.sql'));

/** What to throw for what was thrown. */
export async function explainFailure(
  session: LakeSession,
  sql: string,
  thrown: unknown,
): Promise<unknown> {
  const isOurs = [OperationalError, UsageError, ConfigError, QueryStopped].some(
    (kind) => thrown instanceof kind,
  );
  // What is neither ours nor DuckDB's is a bug, and has a name of its own.
  if (isOurs || isSystemError(thrown)) return thrown;
  if (!(thrown instanceof Error) || thrown.constructor !== Error) return thrown;
  if (await session.isLost()) return new DatabaseLostError(thrown);
  const hint = await findTableHint(session, sql);
  // Which call it was of is no matter of the person's.
  const reason = thrown.message.replace(/^Failed to extract statements: /, '');
  return new OperationalError(`run query: ${reason}`, { cause: thrown, ...(hint && { hint }) });
}

/** The reason for which an answer broke off, by running it once more; undefined where it is none any more. */
export async function findBreak(session: LakeSession, sql: string): Promise<unknown> {
  return session.run(findFailureSql.replace(':query', () => sql)).then(
    () => undefined,
    (thrown) => thrown,
  );
}

async function findTableHint(session: LakeSession, sql: string): Promise<string | undefined> {
  const known = (await session.all(viewsSql)).map(({ name }) => String(name));
  const missing = new Set<string>();
  for (const { sql: one } of listStatements(sql)) {
    await session.setVariable('query', one);
    const [parsed] = await session.all(syntaxTreeSql);
    // A path is no table.
    for (const name of findTablesNamed(findJson(String(parsed?.tree)))) {
      if (/^\w+$/.test(name) && !known.includes(name.toLowerCase())) missing.add(name);
    }
  }
  if (missing.size === 0) return undefined;
  return `there is no ${[...missing].join(' and no ')}; the lake has ${known.join(', ')}`;
}
