// Deletes old log files: those put aside longer ago than they are to be kept, and the oldest where all of them
// together, the live ones counted, are larger than they may be. A log that is being written is never
// deleted: only what was put aside (`crypto-lake.log.3.gz`).

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lake/clock.ts';
import { listNames, syncPath } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { logDir } from '../../lake/layout.ts';
import { type LogFile, planLogs } from './log-retention.ts';
import { logRemoval } from './removal-log.ts';

export async function removeOldLogs(
  root: string,
  rules: { retentionDays: number; maxBytes: number },
  clock: Clock,
): Promise<void> {
  const folder = logDir(root);
  const files: LogFile[] = [];
  for (const name of await listNames(folder)) {
    const found = await stat(join(folder, name)).catch(ignoreAbsent);
    if (!found?.isFile()) continue;
    files.push({ name, bytes: found.size, changedMs: found.mtimeMs });
  }
  const removed = planLogs(files, { ...rules, nowMs: clock.nowUs() / 1000 });
  if (removed.length === 0) return;
  const names = removed.map(({ name }) => name).join(', ');
  await logRemoval(root, clock, `deletes logs ${names}: old, or too much together`);
  for (const { name } of removed) await rm(join(folder, name), { force: true });
  await syncPath(folder);
}

/** Rotated away meanwhile. */
function ignoreAbsent(thrown: unknown): undefined {
  if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
}
