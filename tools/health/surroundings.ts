// Looks at what a lake shows of itself without its heartbeat, which a full disk keeps from being written. Takes
// and changes nothing; what cannot be seen is left out.

import { readDiskSpace } from '../../lake/disk-space.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { findLockHolder } from '../../lake/lock.ts';
import type { Heartbeat } from './heartbeat.ts';
import { findStop, type Surroundings } from './verdict.ts';

/** Undefined where the heartbeat speaks for itself. */
export async function readSurroundings(
  root: string,
  heartbeat: Heartbeat | undefined,
  nowMs: number,
  intervalMs: number,
): Promise<Surroundings | undefined> {
  if (findStop(heartbeat, nowMs, intervalMs) === undefined) return undefined;
  const disk = await readDiskSpace(root).catch((thrown) => {
    // Where there is no root there is no lake.
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  });
  return { orchestrator: await findLockHolder(root, 'orchestrate'), disk };
}
