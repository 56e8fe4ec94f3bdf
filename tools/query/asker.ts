// Asks the lake: SQL in, its answers to the screen or into a file. What the one-shot command and the prompt share.

import { stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { Config } from '../../lake/config.ts';
import { findErrorCode, OperationalError, UsageError } from '../../lake/errors.ts';
import { formatAnswer, formatCount, formatNumber, streamAnswer, writeAnswer } from './answer.ts';
import { openAnswerFile } from './answer-file.ts';
import { explainFailure, findBreak } from './failure.ts';
import { type FileFormat, type Format, findFileFormat } from './format.ts';
import type { LakeSession } from './lake-session.ts';
import { openLakeSession } from './lake-session.ts';
import type { LiveRefresh } from './live-refresh.ts';
import { readAgain } from './read-again.ts';
import { prepareReads, type ReadStatement } from './reads.ts';
import { type Progress, type ProgressStream, runStoppable } from './stoppable.ts';

export type AskerOptions = {
  config: Config;
  live: LiveRefresh;
  output: Writable & { isTTY?: boolean; columns?: number };
  bar: ProgressStream;
};

export type Asker = ReturnType<typeof openAsker>;

export function openAsker({ config, live, output, bar }: AskerOptions) {
  async function show(
    session: LakeSession,
    statement: ReadStatement,
    format: Format,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    if (format === 'parquet') {
      throw new UsageError('write parquet: the screen is no place for it; name a file: --out FILE');
    }
    if (format !== 'table') {
      if (output.isTTY === true) progress.end();
      return streamAnswer(session, statement, format, output);
    }
    // A terminal that does not know its width says 0.
    const width = output.isTTY === true ? output.columns || undefined : undefined;
    const read = () => formatAnswer(session, statement, width);
    const table = await readAgain(config.root, read, () => !signal.aborted);
    progress.clear();
    output.write(table);
  }

  /** Answers every statement of `sql` on the screen, in order, until one fails. */
  async function ask(session: LakeSession, sql: string, format: Format, signal: AbortSignal) {
    const work = async (progress: Progress) => {
      for (const one of await prepare(session, sql)) {
        await finish(session, one, () => show(session, one, format, progress, signal));
      }
    };
    await settle(session, sql, () => runStoppable(session, { signal, bar }, work));
  }

  /** Writes the answer into a file; what was written, for people. */
  async function write(sql: string, path: string, asked: Format | undefined, signal: AbortSignal) {
    const format = findFileFormat(path, asked);
    const file = await openAnswerFile(path, config.root);
    try {
      const session = await openLakeSession(config, { outPath: file.stagedPath });
      const work = () => {
        const read = () => writeOne(session, sql, format, file.stagedPath);
        return readAgain(config.root, read, () => !signal.aborted);
      };
      const rows = await settle(session, sql, () =>
        runStoppable(session, { signal, bar }, work),
      ).finally(() => session.close());
      const { size } = await stat(file.stagedPath);
      await file.commit();
      const replaced = file.replaces ? ', in place of the file that was there' : '';
      return `wrote ${path}: ${formatCount(rows)}, ${formatNumber(size)} bytes${replaced}`;
    } catch (thrown) {
      await file.discard();
      throw findErrorCode(thrown) === 'ENOSPC' ? describeFullDisk(path, thrown) : thrown;
    }
  }

  async function writeOne(session: LakeSession, sql: string, format: FileFormat, path: string) {
    const [statement, ...others] = await prepare(session, sql);
    if (others.length > 0) {
      throw new UsageError(`write answer: a file takes one, here are ${others.length + 1} queries`);
    }
    return finish(session, statement!, () => writeAnswer(session, statement!, format, path));
  }

  async function prepare(session: LakeSession, sql: string): Promise<ReadStatement[]> {
    await live.refreshFor(sql, session);
    const statements = await prepareReads(session, sql);
    if (statements.length === 0) throw new UsageError('run query: it is empty');
    return statements;
  }

  return { ask, write };
}

/** An answer that breaks off does not say why; run once more it does. */
async function finish<T>(
  session: LakeSession,
  { sql }: ReadStatement,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof OperationalError)) throw thrown;
    throw (await findBreak(session, sql)) ?? thrown;
  }
}

async function settle<T>(session: LakeSession, sql: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw await explainFailure(session, sql, thrown);
  }
}

function describeFullDisk(path: string, cause: unknown): OperationalError {
  const hint = 'free space there, or ask for less; nothing of it was kept';
  return new OperationalError(`write answer ${path}: no space left on device`, { hint, cause });
}
