// How much memory the processes of the lake hold together, and how much there is: of the container where it
// has a limit, else of the machine. Pages that processes share count for each of them.

import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { findErrorCode } from '../../lake/errors.ts';

export type MemoryUse = {
  /** Of all processes, and of each; null where the system does not tell. */
  megabytes: number | null;
  byPid: ReadonlyMap<number, number>;
  /** What there is. */
  availableMegabytes: number;
};

const megabyte = 1e6;

/** Measures these processes and this one. One that has gone meanwhile holds nothing. */
export async function readMemory(pids: readonly number[]): Promise<MemoryUse> {
  const byPid = new Map<number, number>();
  for (const pid of new Set([process.pid, ...pids])) {
    const used = await readResidentMegabytes(pid);
    if (used !== undefined) byPid.set(pid, used);
  }
  const sum = [...byPid.values()].reduce((total, one) => total + one, 0);
  // 0 and more than the machine has mean: no limit.
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return {
    megabytes: byPid.size === 0 ? null : Math.round(sum),
    byPid,
    availableMegabytes: Math.round(bytes / megabyte),
  };
}

/** `VmRSS` of /proc, which Linux alone has. A process that is a zombie has none. */
async function readResidentMegabytes(pid: number): Promise<number | undefined> {
  try {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    return found === null ? undefined : Math.round((Number(found[1]) * 1024) / 1e4) / 100;
  } catch (thrown) {
    if (['ENOENT', 'ESRCH'].includes(findErrorCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}
