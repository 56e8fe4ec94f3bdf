// Files that survive a power cut. A file appears under its final name only by rename, after its bytes
// are on disk, and the folder is synced after the rename, so that a reader never sees half of one.

import { randomUUID } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findErrorCode } from './errors.ts';

/** Makes `path` hold `content`: temporary file, fsync, rename, fsync of the folder. */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Process ids are the same in every container.
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeSynced(temporary, content, mode);
    await renameDurably(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}

async function writeSynced(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames and makes the new name durable. The bytes must be synced already. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Flushes a file's bytes, or a folder's names, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Appends a line and makes it durable. The file and its folder are made if they are not there. A line
 * that an earlier failure has torn is ended first, so that it stays alone in being unreadable.
 */
export async function appendLineDurably(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const isTorn = size > 0 && last.toString() !== '\n';
    await file.appendFile(`${isTorn ? '\n' : ''}${line}\n`);
    await file.sync();
    if (size === 0) await syncPath(dirname(path));
  } finally {
    await file.close();
  }
}

/** Names in a folder, sorted; none where there is no folder. */
export async function listNames(folder: string, recursive = false): Promise<string[]> {
  try {
    return (await readdir(folder, { recursive })).sort();
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

/**
 * Names in a folder, sorted, its folders apart. A link counts as what it leads to, and not at all where it
 * leads nowhere. None where there is no folder.
 */
export async function listEntries(path: string): Promise<{ folders: string[]; files: string[] }> {
  const folders: string[] = [];
  const files: string[] = [];
  const entries = await readdir(path, { withFileTypes: true }).catch(ignoreAbsent);
  for (const entry of entries ?? []) {
    const found = entry.isSymbolicLink()
      ? await stat(join(path, entry.name)).catch(ignoreAbsent)
      : entry;
    if (found?.isDirectory()) folders.push(entry.name);
    else if (found?.isFile()) files.push(entry.name);
  }
  return { folders: folders.sort(), files: files.sort() };
}

function ignoreAbsent(thrown: unknown): undefined {
  if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
}

/** The text of a file, or undefined where there is none. */
export async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Whether a folder, or what it would be made in, is not one that may only be read; where it cannot be told a write says. */
export async function mayWrite(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return true;
  } catch (thrown) {
    const code = findErrorCode(thrown) ?? '';
    if (code === 'ENOENT' && dirname(folder) !== folder) return mayWrite(dirname(folder));
    return !['EACCES', 'EPERM', 'EROFS'].includes(code);
  }
}
