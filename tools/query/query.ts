// Mode `query`: SQL over the lake's views, read-only, from the argument, a file, standard input or a
// prompt; the answer as a table, CSV, JSON or Parquet.

import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { readSql } from '../../lake/duckdb.ts';
import { findErrorCode, formatReason, OperationalError, UsageError } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import type { ModeContext, RunMode } from '../../lake/mode.ts';
import { formatCsv, formatJson } from './export.ts';
import { type LakeSession, openLakeSession } from './lake-session.ts';
import { prepareReads } from './reads.ts';
import { formatTable } from './table.ts';
import { findTablesNamed } from './tables-named.ts';

const formats = ['table', 'csv', 'json', 'parquet'] as const;
type Format = (typeof formats)[number];

const exportSql = {
  json: readSql(join(import.meta.dirname, 'export-json.sql')),
  parquet: readSql(join(import.meta.dirname, 'export-parquet.sql')),
};

const viewsSql = readSql(join(import.meta.dirname, 'views.sql'));
const syntaxTreeSql = readSql(join(import.meta.dirname, 'syntax-tree.sql'));

/** Rows a table shows; more belong into a file. */
const maxTableRows = 1000;

export const runQuery: RunMode = async (context) => {
  const format = parseFormat(context);
  const outPath = findOutPath(context, format);
  const session = await openLakeSession(context.config, { outPath });
  const interrupt = () => session.connection.interrupt();
  context.signal.addEventListener('abort', interrupt);
  try {
    const sql = await readQuery(context);
    if (sql === undefined) await prompt(session, context.signal);
    else await answer(session, sql, format, outPath);
    return 0;
  } finally {
    context.signal.removeEventListener('abort', interrupt);
    session.close();
  }
};

function parseFormat({ options }: ModeContext): Format {
  const name = options.format ?? 'table';
  const format = formats.find((known) => known === name);
  if (format !== undefined) return format;
  throw new UsageError(`parse --format: no format "${name}"; there are ${formats.join(', ')}`);
}

function findOutPath({ options }: ModeContext, format: Format): string | undefined {
  if (typeof options.out === 'string') return resolve(options.out);
  if (format !== 'parquet') return undefined;
  throw new UsageError('write parquet: it cannot go to a terminal; name a file with --out FILE');
}

/** The SQL given, or undefined when a person is to be asked. */
async function readQuery({ options, positionals }: ModeContext): Promise<string | undefined> {
  if (positionals.length > 1) {
    throw new UsageError('parse command line: put the query into quotes, it must be one argument');
  }
  if (typeof options.file === 'string') return readQueryFile(options.file);
  if (positionals[0] !== undefined) return positionals[0];
  return process.stdin.isTTY ? undefined : text(process.stdin);
}

async function readQueryFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new OperationalError(`read query ${path}: ${formatReason(thrown)}`, {
      hint: 'check the path given with --file',
      cause: thrown,
    });
  }
}

async function answer(
  session: LakeSession,
  sql: string,
  format: Format,
  outPath: string | undefined,
): Promise<void> {
  const query = sql.trim().replace(/;+$/, '');
  if (query === '') throw new UsageError('run query: it is empty');
  try {
    await prepareReads(session, query);
    if (format === 'table' && outPath === undefined) await printTable(session, query);
    else await exportRows(session, query, format === 'table' ? 'csv' : format, outPath);
  } catch (thrown) {
    const hint = await findTableHint(session, query);
    throw new OperationalError(`run query: ${thrown instanceof Error ? thrown.message : thrown}`, {
      cause: thrown,
      ...(hint && { hint }),
    });
  }
}

/** What there is, where the query names a table that is not there. */
async function findTableHint(session: LakeSession, query: string): Promise<string | undefined> {
  await session.setVariable('query', query);
  const [parsed] = await session.all(syntaxTreeSql);
  // A path is no table.
  const named = findTablesNamed(findJson(String(parsed?.tree))).filter((name) =>
    /^\w+$/.test(name),
  );
  const known = (await session.all(viewsSql)).map(({ name }) => String(name));
  const missing = named.filter((name) => !known.includes(name));
  if (missing.length === 0) return undefined;
  return `there is no ${missing.join(' and no ')}; the lake has ${known.join(', ')}`;
}

async function printTable(session: LakeSession, query: string): Promise<void> {
  const reader = await session.connection.streamAndReadUntil(query, maxTableRows + 1);
  const rows = reader.getRowsJson();
  process.stdout.write(formatTable(reader.columnNames(), rows.slice(0, maxTableRows)));
  if (rows.length > maxTableRows) {
    process.stdout.write(`more than ${maxTableRows} rows; use --format csv for all of them\n`);
  }
}

async function exportRows(
  session: LakeSession,
  query: string,
  format: Exclude<Format, 'table'>,
  outPath: string | undefined,
): Promise<void> {
  if (format === 'parquet') {
    await session.setVariable('out_path', outPath!);
    await session.run(exportSql.parquet.replace(':query', () => query));
    return;
  }
  const pieces =
    format === 'csv'
      ? formatCsv(await session.connection.stream(query))
      : formatJson(await session.connection.stream(exportSql.json.replace(':query', () => query)));
  if (outPath !== undefined) {
    await pipeline(pieces, createWriteStream(outPath));
    return;
  }
  // Standard output is the caller's and stays open; a reader that has seen enough (head) is no failure.
  await pipeline(pieces, process.stdout, { end: false }).catch((thrown) => {
    if (findErrorCode(thrown) !== 'EPIPE') throw thrown;
  });
}

async function prompt(session: LakeSession, signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, signal });
  lines.setPrompt('lake> ');
  lines.prompt();
  let pending = '';
  for await (const line of lines) {
    pending += `${line}\n`;
    if (pending.trim() === '' || /^\s*(exit|quit|\.q(uit)?)\s*;?\s*$/.test(pending)) {
      if (pending.trim() !== '') break;
      pending = '';
    } else if (pending.trimEnd().endsWith(';')) {
      await answer(session, pending, 'table', undefined).catch((thrown) => {
        process.stdout.write(`${thrown instanceof Error ? thrown.message : thrown}\n`);
      });
      pending = '';
    }
    lines.setPrompt(pending === '' ? 'lake> ' : '  ... ');
    lines.prompt();
  }
}
