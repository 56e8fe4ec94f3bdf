// An answer that is too large for a message: a file for the server, which reads and removes it. A query that gives more
// rows than it may is refused, not cut in silence. A file that was not finished is removed.

import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDiskFull, readDiskSpace } from '../../../lake/disk-space.ts';
import type { DuckdbSession } from '../../../lake/duckdb.ts';
import { readSql } from '../../../lake/duckdb.ts';
import { tempDir } from '../../../lake/layout.ts';
import type { Answer, Format } from '../question.ts';
import { Refusal } from '../refusal.ts';
import { writeArrow } from './arrow-file.ts';

export type FileFormat = Exclude<Format, 'json'>;

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const atMost = readOwn('at-most');
const copies = { csv: readOwn('copy-csv'), parquet: readOwn('copy-parquet') } as const;
/** What has to be left to the lake. */
const minFreeBytes = 1e9;

/** The one file a process of this name may write; each answer gets a name of its own afterwards. */
export function toOutPath(root: string, mode: string): string {
  return join(tempDir(root, 'web'), `${mode}.${process.pid}.out`);
}

export type FileLimits = {
  outPath: string;
  maxRows: number;
  /** Whether the first `maxRows` rows are wanted; else more of them are an error. */
  isCutWanted: boolean;
};

/** `query` is one that reads. Its variables are set. */
export async function writeAnswerFile(
  session: DuckdbSession,
  query: string,
  format: FileFormat,
  { outPath, maxRows, isCutWanted }: FileLimits,
): Promise<Answer> {
  await mkdir(dirname(outPath), { recursive: true });
  await rejectFullDisk(outPath);
  await session.setVariable('max_rows', isCutWanted ? maxRows - 1 : maxRows);
  await session.setVariable('out_path', outPath);
  const limited = atMost.replace(':query', () => query);
  try {
    const rows =
      format === 'arrow'
        ? await writeArrow(await session.connection.stream(limited), outPath)
        : await copy(
            session,
            copies[format].replace(':query', () => limited),
          );
    if (rows > maxRows) {
      throw new Refusal(400, `bad request: more than ${maxRows} rows; ask for less at a time`);
    }
    const path = join(dirname(outPath), `${randomUUID()}.${format}`);
    await rename(outPath, path);
    return { path };
  } finally {
    await rm(outPath, { force: true });
  }
}

/** How many rows were written. */
async function copy(session: DuckdbSession, sql: string): Promise<number> {
  const [row] = (await session.connection.runAndReadAll(sql)).getRowsJson();
  return Number(row?.[0]);
}

async function rejectFullDisk(path: string): Promise<void> {
  const space = await readDiskSpace(dirname(path));
  if (!isDiskFull(space) && space.freeBytes > minFreeBytes) return;
  throw new Refusal(503, 'the disk of the lake has no room for a file; ask for json', 60);
}
