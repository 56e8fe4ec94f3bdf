// Checks of the machine: can the lake be written, and is there room for it?

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readDiskSpace } from '../../lake/disk-space.ts';
import { writeFileDurably } from '../../lake/durable.ts';
import { formatReason } from '../../lake/errors.ts';
import type { CheckFinding } from './finding.ts';

/** 13 majors fill about 2 GB a day. */
const lowSpaceBytes = 5e9;

export async function checkRoot(root: string): Promise<CheckFinding[]> {
  try {
    await mkdir(root, { recursive: true });
    const folder = await mkdtemp(join(root, '.check-'));
    try {
      await writeFileDurably(join(folder, 'file'), 'can be written');
    } finally {
      await rm(folder, { recursive: true });
    }
  } catch (thrown) {
    const detail = `${root} cannot be written: ${formatReason(thrown)}; make it writable for this user, or set another root`;
    return [{ level: 'fail', name: 'root', detail }];
  }
  return [{ level: 'ok', name: 'root', detail: `${root} can be written` }, await checkSpace(root)];
}

async function checkSpace(root: string): Promise<CheckFinding> {
  const { freeBytes } = await readDiskSpace(root);
  const isLow = freeBytes < lowSpaceBytes;
  const hint = isLow ? `; have at least ${lowSpaceBytes / 1e9} GB` : '';
  const detail = `${(freeBytes / 1e9).toFixed(1)} GB free below ${root}${hint}`;
  return { level: isLow ? 'warn' : 'ok', name: 'free space', detail };
}
