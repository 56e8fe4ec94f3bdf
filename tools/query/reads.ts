// Statements of whoever asks, let through when they only read. The session is read-only and confined as it is, but
// inside the lake's folders COPY would still write, and there are functions that act (`FROM enable_logging(…)` writes
// files). So each statement is judged by DuckDB's own reading of it: by its type, and by the functions in its plan
// before anything was optimised away, in which views, macros and `query('…')` are resolved. Runs nothing.

import { join } from 'node:path';
import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import { readSql, statementTypes } from '../../lake/duckdb.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { LakeSession } from './lake-session.ts';
import { listPlanNames } from './plan-names.ts';
import { listStatements } from './statements.ts';

export type ReadStatement = {
  sql: string;
  /** Whether its answer is rows that a query can go on from (`FROM (…)`), or a plan for people. */
  answers: 'rows' | 'plan';
  prepared: DuckDBPreparedStatement;
};

const explainSql = readSql(join(import.meta.dirname, 'explain.sql'));

/** How a statement that reads begins. DuckDB tells a type only once it has bound, and EXPORT makes a folder by then. */
const reading =
  /^(?:\(|(?:SELECT|FROM|WITH|VALUES|TABLE|SHOW|DESCRIBE|DESC|SUMMARIZE|PIVOT|UNPIVOT)\b)/i;
/** `EXPLAIN` in its forms, up to what is explained; a comment in between is not taken. */
const explain =
  /^EXPLAIN(?:\s+ANALYZE\b)?(?:\s*\(\s*(?:ANALYZE|FORMAT\s+\w+)(?:\s*,\s*(?:ANALYZE|FORMAT\s+\w+))*\s*\))?\s+(?=\S)/i;
/** Those that DuckDB reads as a query of its own. */
const readingPragma = /^PRAGMA\s+(?:table_info|show_tables|database_list|database_size|version)\b/i;

const writing = 'the lake is only read; an intermediate result is WITH name AS (…)';
const leaving = 'a query sees the data of the lake and nothing else';
const fixed = 'options of the session are fixed; the limits stand in the configuration';
const itself = 'write the query itself';
const hints: Record<string, string> = {
  COPY: 'an answer goes into a file with --out FILE, or format=csv of the API',
  EXPORT: 'an answer goes into a file with --out FILE, or format=csv of the API',
  CALL: 'ask for rows: FROM function(…)',
  SET: fixed,
  RESET: fixed,
  USE: fixed,
  PRAGMA: fixed,
  ATTACH: leaving,
  DETACH: leaving,
  LOAD: leaving,
  INSTALL: leaving,
  PREPARE: itself,
  EXECUTE: itself,
  BEGIN: 'every query sees the lake as it is; no transaction is needed',
};

/**
 * All statements of `sql`, prepared and not run, each sure to do nothing but read. Throws OperationalError where one
 * is of another kind, what DuckDB throws where it does not understand one; then none is given.
 */
export async function prepareReads(session: LakeSession, sql: string): Promise<ReadStatement[]> {
  const statements: ReadStatement[] = [];
  for (const { sql: one, linesBefore } of listStatements(sql)) {
    statements.push(await prepareRead(session, one, '\n'.repeat(linesBefore)));
  }
  return statements;
}

async function prepareRead(
  session: LakeSession,
  sql: string,
  lead: string,
): Promise<ReadStatement> {
  const extracted = await session.connection.extractStatements(lead + sql);
  const inner = sql.slice(explain.exec(sql)?.[0].length ?? 0);
  if (!reading.test(inner) && !readingPragma.test(sql)) throw refuse(findWord(inner));
  if (extracted.count !== 1) throw refuse('PIVOT', 'name the values: PIVOT … ON column IN (…)');
  const answers = inner === sql && reading.test(sql) ? 'rows' : 'plan';
  if (reading.test(inner)) await rejectActing(session, lead + inner);
  const prepared = await extracted.prepare(0);
  const wanted = inner === sql ? statementTypes.SELECT : statementTypes.EXPLAIN;
  if (prepared.statementType !== wanted) throw refuse(nameType(prepared.statementType));
  return { sql, answers, prepared };
}

/** Refuses a query that calls a function which may do more than read. */
async function rejectActing(session: LakeSession, sql: string): Promise<void> {
  const asked = await session.connection.prepare(sql);
  if (asked.statementType !== statementTypes.SELECT) throw refuse(nameType(asked.statementType));
  const explaining = await session.connection.prepare(explainSql.replace(':query', () => sql));
  for (let index = 1; index <= explaining.parameterCount; index++) explaining.bindNull(index);
  const [plan] = (await explaining.runAndReadAll()).getRowsJson();
  if (plan?.[0] !== 'logical_plan') throw new Error(`explain ${sql}: no logical plan`);
  const used = listPlanNames(JSON.parse(String(plan[1])));
  const found = used.find((name) => session.acting.has(name));
  if (found !== undefined) throw refuse(`${found.toLowerCase()}(…)`);
}

function findWord(sql: string): string {
  return /^\w+/.exec(sql)?.[0].toUpperCase() ?? 'this statement';
}

function nameType(type: number): string {
  const known = Object.entries(statementTypes).find(([, value]) => value === type);
  return known?.[0] ?? 'this statement';
}

function refuse(what: string, hint: string = hints[what] ?? writing): OperationalError {
  return new OperationalError(`run query: ${what} is refused, only what reads is run`, { hint });
}
