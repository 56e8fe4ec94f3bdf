// The file an answer is written to: under a temporary name beside it, and renamed when it is whole. A file of the lake
// is never replaced, nor anything that is no plain file; a failed or stopped answer leaves nothing behind.

import { randomUUID } from 'node:crypto';
import { lstat, open, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { renameDurably, syncPath } from '../../lake/durable.ts';
import { findErrorCode, formatReason, OperationalError } from '../../lake/errors.ts';

export type AnswerFile = {
  /** Where it is to be written first. */
  stagedPath: string;
  path: string;
  /** Whether a file is there that will be replaced. */
  replaces: boolean;
  /** Puts what was written in place. */
  commit(): Promise<void>;
  /** Removes what was written; nothing after `commit`. */
  discard(): Promise<void>;
};

/** What the lake keeps below its root by itself. */
const lakeFolders = [
  'raw',
  'parquet',
  'trades',
  'reconcile',
  'quarantine',
  'health',
  'logs',
  'state',
];

/** Throws OperationalError where nothing can or may be written there. */
export async function openAnswerFile(asked: string, root: string): Promise<AnswerFile> {
  const path = await findTarget(resolve(asked));
  const found = await findEntry(path);
  if (found !== undefined && !found.isFile()) {
    throw refuse(
      asked,
      found.isDirectory() ? 'it is a folder' : 'it is no plain file',
      'name a file',
    );
  }
  await rejectLakeFile(asked, path, root, found !== undefined);
  const stagedPath = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  // Whether a file can be made is known before the query has taken its time.
  await open(stagedPath, 'wx').then(
    (file) => file.close(),
    (thrown) => {
      throw refuse(asked, formatReason(thrown), 'name a folder that you may write to', thrown);
    },
  );
  return {
    stagedPath,
    path,
    replaces: found !== undefined,
    async commit() {
      await syncPath(stagedPath);
      await renameDurably(stagedPath, path);
    },
    discard: () => rm(stagedPath, { force: true }),
  };
}

/** The path with links followed: a link keeps pointing to the file. */
async function findTarget(path: string): Promise<string> {
  const entry = await findEntry(path);
  if (entry !== undefined) {
    return realpath(path).catch((thrown) => {
      throw refuse(path, formatReason(thrown), 'it is a link that leads nowhere', thrown);
    });
  }
  const folder = await realpath(dirname(path)).catch((thrown) => {
    throw refuse(
      path,
      'its folder is not there',
      `make it first: mkdir -p ${dirname(path)}`,
      thrown,
    );
  });
  return join(folder, basename(path));
}

async function findEntry(path: string) {
  return lstat(path).catch((thrown) => {
    if (['ENOENT', 'ENOTDIR'].includes(findErrorCode(thrown) ?? '')) return undefined;
    throw refuse(path, formatReason(thrown), 'name a file that you may write to', thrown);
  });
}

async function rejectLakeFile(
  asked: string,
  path: string,
  root: string,
  exists: boolean,
): Promise<void> {
  for (const folder of lakeFolders) {
    if (!(await isBelow(path, join(root, folder)))) continue;
    const hint = "name a file outside of the lake's folders";
    throw refuse(asked, `${join(root, folder)} belongs to the lake`, hint);
  }
  if (!exists || !(await isBelow(path, root))) return;
  throw refuse(asked, 'it is there already, inside the lake', 'name a file that is not there yet');
}

/** Also where the folder is a link to another disk. */
async function isBelow(path: string, folder: string): Promise<boolean> {
  const real = await realpath(folder).catch(() => folder);
  return path.startsWith(real + sep);
}

function refuse(path: string, reason: string, hint: string, cause?: unknown): OperationalError {
  return new OperationalError(`write answer ${path}: ${reason}`, { hint, cause });
}
