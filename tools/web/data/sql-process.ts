// The mode `web-sql`: runs the SQL of people, one query at a time, read-only and confined to the lake, at the lowest
// priority and within `web.sql_memory_limit`, `web.sql_seconds` and `web.sql_rows`. Started and ended by the server,
// which ends it where it does not stop; ends itself where its memory grows far beyond what DuckDB may use.

import { constants, setPriority } from 'node:os';
import { OperationalError } from '../../../lake/errors.ts';
import type { RunMode } from '../../../lake/mode.ts';
import type { LakeSession } from '../../query/lake-session.ts';
import { prepareReads, type ReadStatement } from '../../query/reads.ts';
import type { Answer, SqlQuestion } from '../question.ts';
import { Refusal } from '../refusal.ts';
import { toOutPath, writeAnswerFile } from './answer-file.ts';
import { answerQuestions } from './answering.ts';
import { toBody } from './data-context.ts';
import { openLakeReader } from './lake-reader.ts';
import { answerRows } from './sql-answer.ts';

const threads = 1;
/** What the process may need besides DuckDB's memory, and how often that is looked at. */
const besidesBytes = 400e6;
const lookEveryMs = 100;
/** Of an answer in JSON, which passes through the server's memory. */
const maxBodyBytes = 16e6;

export const runWebSql: RunMode = async ({ config, clock, log, signal }) => {
  setPriority(constants.priority.PRIORITY_LOW);
  const { sql_memory_limit: memoryLimit, sql_seconds: seconds, export_rows: maxRows } = config.web;
  const outPath = toOutPath(config.root, 'web-sql');
  const reader = openLakeReader(config, { memoryLimit, threads, outPath });
  const maxBytes = parseSize(memoryLimit) + besidesBytes;
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() <= maxBytes) return;
    log.warn(
      `run SQL: ${Math.round(process.memoryUsage.rss() / 1e6)} MB are too much; it is ended`,
    );
    process.kill(process.pid, 'SIGKILL');
  }, lookEveryMs);

  async function answer(question: SqlQuestion, stopped: AbortSignal): Promise<Answer> {
    const late = AbortSignal.timeout(seconds * 1000);
    const startedMs = clock.monotonicMs();
    try {
      return await reader.boundTo(AbortSignal.any([stopped, late])).withSession(async (session) => {
        const statement = await prepareOne(session, question.sql);
        if (question.format !== 'json') {
          const limits = { outPath, maxRows, isCutWanted: false };
          return writeAnswerFile(session, demandRows(statement), question.format, limits);
        }
        const rows = await answerRows(session, statement, question.limit);
        const elapsed_ms = Math.round(clock.monotonicMs() - startedMs);
        return rejectLarge(toBody({ ...rows, elapsed_ms }));
      });
    } catch (thrown) {
      if (!late.aborted) throw toRefusal(thrown);
      throw new Refusal(422, `stopped after ${seconds} s: ask for less, or raise web.sql_seconds`);
    }
  }

  await answerQuestions<SqlQuestion>(answer, log, signal);
  clearInterval(watch);
  await reader.close();
  return 0;
};

async function prepareOne(session: LakeSession, sql: string): Promise<ReadStatement> {
  const [statement, second] = await prepareReads(session, sql);
  if (statement === undefined) throw new Refusal(400, 'bad request: sql is empty');
  if (second !== undefined) throw new Refusal(400, 'bad request: send one statement at a time');
  return statement;
}

/** Many rows are fine; a few that are huge would be the server's memory. */
function rejectLarge(answer: { body: Uint8Array }): Answer {
  const bytes = answer.body.byteLength;
  if (bytes <= maxBodyBytes) return answer;
  const size = `${Math.round(bytes / 1e6)} MB of JSON are more than ${maxBodyBytes / 1e6}`;
  throw new Refusal(400, `bad request: ${size}; ask for fewer or shorter rows, or for a file`);
}

function demandRows({ answers, sql }: ReadStatement): string {
  if (answers === 'rows') return sql;
  throw new Refusal(400, 'bad request: only rows can be had as a file; ask for json');
}

/** What DuckDB says of a person's own query is for that person. */
function toRefusal(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new Refusal(400, thrown instanceof OperationalError ? text : `run query: ${text}`);
}

function parseSize(text: string): number {
  const [, count, unit] = /^(\d+)(MB|GB|MiB|GiB)$/.exec(text)!;
  const bytes = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 }[unit!]!;
  return Number(count) * bytes;
}
