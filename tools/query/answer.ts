// The answer to one statement: shown as a table, streamed as lines, or written to a file as a whole.

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readSql } from '../../lake/duckdb.ts';
import { findErrorCode, UsageError } from '../../lake/errors.ts';
import { formatLines, type LineFormat } from './answer-lines.ts';
import type { FileFormat } from './format.ts';
import type { LakeSession } from './lake-session.ts';
import type { ReadStatement } from './reads.ts';
import { formatTable, type TableColumn } from './table.ts';

const parquetSql = readSql(join(import.meta.dirname, 'export-parquet.sql'));
const firstRowsSql = readSql(join(import.meta.dirname, 'first-rows.sql'));
const countRowsSql = readSql(join(import.meta.dirname, 'count-rows.sql'));

/** Rows a table shows: on a screen, and where nobody scrolls. */
const maxRows = { screen: 100, text: 1000 } as const;
const numberType = /^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL|BIGNUM)/;

/** The statement's rows as a table, or its plan as text; ends with a line end. `width` is that of a screen. */
export async function formatAnswer(
  session: LakeSession,
  statement: ReadStatement,
  width: number | undefined,
): Promise<string> {
  const { sql, prepared, answers } = statement;
  if (answers === 'plan' && prepared.columnName(0) === 'explain_key') {
    const plans = (await prepared.runAndReadAll()).getRowsJson();
    return `${String(plans.at(-1)?.[1]).trimEnd()}\n`;
  }
  const limit = width === undefined ? maxRows.text : maxRows.screen;
  const columns = Array.from({ length: prepared.columnCount }, (_, at) =>
    describeColumn(prepared.columnName(at), String(prepared.columnType(at))),
  );
  const rows =
    answers === 'plan' ? await prepared.runAndReadAll() : await readFirst(session, sql, limit);
  const shown = rows.getRowsJson().slice(0, limit);
  const lines = formatTable(columns, shown, width);
  if (rows.currentRowCount <= limit)
    return `${[...lines, `(${formatCount(shown.length)})`].join('\n')}\n`;
  const [counted] = await session.all(countRowsSql.replace(':query', () => sql));
  const all = formatNumber(Number(counted?.rows));
  const hint = `(the first ${formatNumber(limit)} of ${all} rows; all of them with --out FILE)`;
  return `${[...lines, hint].join('\n')}\n`;
}

function describeColumn(name: string, type: string): TableColumn {
  if (numberType.test(type)) return { name, kind: 'number' };
  return { name, kind: /^(TIME|DATE)/.test(type) ? 'time' : 'text' };
}

async function readFirst(session: LakeSession, sql: string, limit: number) {
  await session.setVariable('max_rows', limit + 1);
  return session.connection.runAndReadAll(firstRowsSql.replace(':query', () => sql));
}

/** Streams lines to `output`, which stays open. That its reader has seen enough (`head`) is no failure. */
export async function streamAnswer(
  session: LakeSession,
  statement: ReadStatement,
  format: LineFormat,
  output: Writable,
): Promise<void> {
  rejectPlan(statement);
  const lines = formatLines(session, statement, format, () => {});
  await pipeline(Readable.from(lines), output, { end: false }).catch((thrown) => {
    if (findErrorCode(thrown) !== 'EPIPE') throw thrown;
  });
}

/** Writes a file, which the session must be allowed to write. The number of rows. */
export async function writeAnswer(
  session: LakeSession,
  statement: ReadStatement,
  format: FileFormat,
  path: string,
): Promise<number> {
  rejectPlan(statement);
  if (format === 'parquet') {
    await session.setVariable('out_path', path);
    const [written] = await session.all(parquetSql.replace(':query', () => statement.sql));
    return Number(written?.Count);
  }
  let rows = 0;
  const lines = formatLines(session, statement, format, (more) => {
    rows += more;
  });
  await pipeline(Readable.from(lines), createWriteStream(path));
  return rows;
}

function rejectPlan({ answers, sql }: ReadStatement): void {
  if (answers === 'rows') return;
  const word = /^\w+/.exec(sql)?.[0].toUpperCase();
  throw new UsageError(`write answer: that of ${word} is for the screen; ask without a format`);
}

/** `1 row`, `1,234 rows`. */
export function formatCount(rows: number): string {
  return `${formatNumber(rows)} ${rows === 1 ? 'row' : 'rows'}`;
}

export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}
