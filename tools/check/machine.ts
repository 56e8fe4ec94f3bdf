// Checks of the machine: can the lake be written, and is there room for it? A root that is not there yet is
// not made: it may lie on a disk that is not mounted.

import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readDiskSpace } from '../../lake/disk-space.ts';
import { writeFileDurably } from '../../lake/durable.ts';
import { findErrorCode, formatReason } from '../../lake/errors.ts';
import type { CheckFinding } from './finding.ts';

/** 13 majors fill about 2 GB a day. */
const lowSpaceBytes = 5e9;

export async function checkRoot(root: string): Promise<CheckFinding[]> {
  try {
    const folder = await findFolder(resolve(root));
    const isThere = folder === resolve(root);
    if (isThere) await writeInto(folder);
    else await access(folder, constants.W_OK | constants.X_OK);
    const finding = isThere
      ? ({ level: 'ok', name: 'root', detail: `${root} can be written` } as const)
      : await warnOfNewRoot(root, folder);
    return [finding, await checkSpace(root, folder)];
  } catch (thrown) {
    const detail = `${root} cannot be written: ${formatReason(thrown)}; make it writable for this user, or set another root`;
    return [{ level: 'fail', name: 'root', detail }];
  }
}

/** The path, or the nearest above it that is there. Throws where that is no folder. */
async function findFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (thrown) {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    return findFolder(dirname(path));
  }
  throw new Error(`${path} is not a folder`);
}

async function writeInto(root: string): Promise<void> {
  const folder = await mkdtemp(join(root, '.check-'));
  try {
    await writeFileDurably(join(folder, 'file'), 'can be written');
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function warnOfNewRoot(root: string, folder: string): Promise<CheckFinding> {
  const detail =
    `${root} does not exist yet; ${folder} can be written, so it would be made there, ` +
    `on the disk mounted at ${await findMount(folder)}; is its own disk to be mounted first?`;
  return { level: 'warn', name: 'root', detail };
}

/** Where the disk of the folder is mounted. */
async function findMount(folder: string): Promise<string> {
  const above = dirname(folder);
  if (above === folder || (await stat(above)).dev !== (await stat(folder)).dev) return folder;
  return findMount(above);
}

async function checkSpace(root: string, folder: string): Promise<CheckFinding> {
  const { freeBytes } = await readDiskSpace(folder);
  const isLow = freeBytes < lowSpaceBytes;
  const hint = isLow ? `; have at least ${lowSpaceBytes / 1e9} GB` : '';
  const detail = `${(freeBytes / 1e9).toFixed(1)} GB free below ${root}${hint}`;
  return { level: isLow ? 'warn' : 'ok', name: 'free space', detail };
}
