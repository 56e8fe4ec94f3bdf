// Mode `query`: SQL over the lake's views, read-only, from the argument, a file, standard input or a prompt; the
// answer as a table, CSV, JSON, NDJSON or Parquet.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { formatReason, OperationalError, UsageError } from '../../lake/errors.ts';
import { keepSession } from '../../lake/kept-session.ts';
import type { ModeContext, RunMode } from '../../lake/mode.ts';
import { readText } from '../../lake/mode-options.ts';
import { openAsker } from './asker.ts';
import { findFileFormat, parseFormat } from './format.ts';
import { openLakeSession } from './lake-session.ts';
import { openLiveRefresh } from './live-refresh.ts';
import { runPrompt } from './prompt.ts';
import { QueryStopped } from './stoppable.ts';

export const runQuery: RunMode = async (context) => {
  const { config, log, options, signal } = context;
  const asked = readText(options, 'format');
  const format = asked === undefined ? undefined : parseFormat(asked);
  const outPath = readText(options, 'out');
  if (outPath !== undefined) findFileFormat(outPath, format);
  else if (format === 'parquet') {
    throw new UsageError('write parquet: the screen is no place for it; name a file: --out FILE');
  }
  const live = openLiveRefresh(config, log, tell);
  const asker = openAsker({ config, live, output: process.stdout, bar: process.stderr });
  try {
    const sql = await readQuery(context);
    if (sql !== undefined && outPath !== undefined) {
      process.stdout.write(`${await asker.write(sql, outPath, format, signal)}\n`);
      return 0;
    }
    if (outPath !== undefined) {
      throw new UsageError('ask at a prompt: --out takes a query; at the prompt it is .out FILE');
    }
    const sessions = await keepSession(() => openLakeSession(config));
    try {
      if (sql === undefined)
        await runPrompt({ sessions, asker, signal, format: format ?? 'table' });
      else await asker.ask(sessions.session, sql, format ?? 'table', signal);
    } finally {
      sessions.close();
    }
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof QueryStopped)) throw thrown;
    tell('query stopped; what is shown of its answer is not all');
    return 0;
  } finally {
    live.close();
  }
};

/** The SQL given, or undefined when a person is to be asked. */
async function readQuery({ options, positionals }: ModeContext): Promise<string | undefined> {
  if (positionals.length > 1) {
    throw new UsageError('parse command line: put the query into quotes, it must be one argument');
  }
  const file = readText(options, 'file');
  if (file !== undefined && positionals[0] !== undefined) {
    throw new UsageError(
      'parse command line: give the query as an argument or by --file, not both',
    );
  }
  if (file !== undefined) return readQueryFile(file);
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

function tell(text: string): void {
  process.stderr.write(`crypto-lake: ${text}\n`);
}
