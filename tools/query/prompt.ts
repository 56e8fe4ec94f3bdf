// The prompt: lines become queries and commands, answers are shown with their time. Ctrl-C stops the query, else
// clears the line, else ends; Ctrl-D ends. What was asked is kept for the next time.

import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { readSql } from '../../lake/duckdb.ts';
import { formatReason, OperationalError, UsageError } from '../../lake/errors.ts';
import type { KeptSession } from '../../lake/kept-session.ts';
import type { Asker } from './asker.ts';
import { complete, readCatalogNames } from './completion.ts';
import { type Format, findFileFormat, parseFormat } from './format.ts';
import { findHistoryPath, type History, maxEntries, openHistory } from './history.ts';
import type { LakeSession } from './lake-session.ts';
import { commandNames, formatCommandHelp, parseCommand } from './prompt-commands.ts';
import { splitStatements } from './statements.ts';
import { QueryStopped } from './stoppable.ts';
import { formatTable } from './table.ts';

export type PromptOptions = {
  sessions: KeptSession<LakeSession>;
  asker: Asker;
  format: Format;
  /** Ends the prompt. */
  signal: AbortSignal;
};

const readOwn = (name: string) => readSql(join(import.meta.dirname, `${name}.sql`));
const namesSql = readOwn('catalog-names');
const listViewsSql = readOwn('list-views');
const describeNameSql = readOwn('describe-name');

const mainPrompt = 'lake> ';
const furtherPrompt = '  ... ';

export async function runPrompt(options: PromptOptions): Promise<void> {
  const { sessions, signal } = options;
  const output = process.stdout;
  const names = readCatalogNames(await sessions.session.all(namesSql));
  const history = await openHistory(findHistoryPath()).catch((thrown): History => {
    output.write(`what is asked is not kept: ${formatReason(thrown)}\n`);
    return { entries: [], add: async () => {} };
  });
  let pending = '';
  const lines = createInterface({
    input: process.stdin,
    output,
    signal,
    history: history.entries,
    historySize: maxEntries,
    prompt: mainPrompt,
    completer: (line: string) =>
      line.startsWith('.') && pending === ''
        ? [commandNames.filter((name) => name.startsWith(line)), line]
        : complete(pending + line, pending + lines.line, names),
  });
  lines.on('history', (kept) => pending !== '' && joinEntry(kept));
  const talk = openTalk(options, history);
  lines.on('SIGINT', () => {
    if (talk.stop()) return;
    if (pending === '' && lines.line === '') return lines.close();
    pending = '';
    clearLine(lines);
  });
  signal.addEventListener('abort', talk.stop);
  output.write(`crypto-lake: SQL over the lake, read-only; .help for help\n`);
  lines.prompt();
  for await (const line of lines) {
    const command = pending === '' ? parseCommand(line) : undefined;
    if (command?.name === '.quit') break;
    if (command !== undefined) await talk.command(command.name, command.argument);
    else {
      const { ended, rest } = splitStatements(`${pending}${line}\n`);
      await talk.answer(ended.map(({ sql }) => sql));
      pending = rest === undefined ? '' : `${rest.sql}\n`;
    }
    if (signal.aborted) break;
    lines.setPrompt(pending === '' ? mainPrompt : furtherPrompt);
    lines.prompt();
  }
  signal.removeEventListener('abort', talk.stop);
  lines.close();
}

/** A query over several lines is one entry; with a comment in it, it cannot become one line. */
function joinEntry(kept: string[]): void {
  const [line, before] = kept;
  if (line === undefined || before === undefined || before.includes('--')) return;
  kept.splice(0, 2, `${before} ${line.trim()}`);
}

function clearLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
  process.stdout.write('^C\n');
  lines.setPrompt(mainPrompt);
  lines.prompt();
}

/** Answers, and what the commands have set. */
function openTalk({ sessions, asker, format: firstFormat }: PromptOptions, history: History) {
  const output = process.stdout;
  let format = firstFormat;
  let outPath: string | undefined;
  let isTimed = true;
  let running: AbortController | undefined;

  async function list(sql: string): Promise<void> {
    const rows = await sessions.session.all(sql);
    if (rows.length === 0)
      throw new UsageError('describe view: there is none of that name; .views lists them');
    const columns = Object.keys(rows[0]!).map((name) => ({ name, kind: 'text' as const }));
    const width = output.isTTY ? output.columns : undefined;
    const cells = rows.map((row) => columns.map(({ name }) => row[name] ?? null));
    output.write(`${formatTable(columns, cells, width).join('\n')}\n`);
  }

  const commands: Record<string, (argument: string) => Promise<void> | void> = {
    '.help': () => void output.write(formatCommandHelp()),
    '.views': () => list(listViewsSql),
    '.schema': async (name) => {
      await sessions.session.setVariable('name', name);
      await list(describeNameSql);
    },
    '.mode': (name) => {
      const asked = parseFormat(name);
      if (asked === 'parquet')
        throw new UsageError('show parquet: it goes into a file: .out FILE.parquet');
      format = asked;
    },
    '.out': (path) => {
      if (path !== '') findFileFormat(path, undefined);
      outPath = path === '' ? undefined : path;
    },
    '.timing': (word) => {
      isTimed = word === '' ? !isTimed : word === 'on';
      output.write(`timing is ${isTimed ? 'on' : 'off'}\n`);
    },
  };

  /** Tells what went wrong and goes on; a bug ends the program. */
  async function tellFailure(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const isTold = [OperationalError, UsageError, QueryStopped].some(
        (kind) => thrown instanceof kind,
      );
      if (!isTold) throw thrown;
      output.write(`${(thrown as Error).message.replace('\n  see --help', '')}\n`);
      await sessions.renewIfLost(sessions.session);
    }
  }

  async function keep(entry: string): Promise<void> {
    await history.add(entry).catch((thrown) => {
      output.write(`this is not kept in the history: ${formatReason(thrown)}\n`);
    });
  }

  async function ask(sql: string, signal: AbortSignal): Promise<void> {
    const path = outPath;
    outPath = undefined;
    if (path === undefined) return asker.ask(sessions.session, sql, format, signal);
    output.write(`${await asker.write(sql, path, undefined, signal)}\n`);
  }

  return {
    /** Answers the queries of a line in order; the first that is stopped stops the others, too. */
    async answer(queries: readonly string[]): Promise<void> {
      running = new AbortController();
      const { signal } = running;
      for (const sql of queries) {
        const startedMs = performance.now();
        await tellFailure(() => ask(sql, signal));
        if (isTimed) output.write(`${((performance.now() - startedMs) / 1000).toFixed(3)} s\n`);
        await keep(`${sql.replace(/\n/g, sql.includes('--') ? '\n' : ' ')};`);
      }
      running = undefined;
    },
    async command(name: string, argument: string): Promise<void> {
      await tellFailure(() => {
        const run = commands[name];
        if (run === undefined)
          throw new UsageError(`run ${name}: there is no such command; .help lists them`);
        return run(argument);
      });
    },
    /** Whether there was a query to stop. */
    stop(): boolean {
      running?.abort();
      return running !== undefined;
    },
  };
}
