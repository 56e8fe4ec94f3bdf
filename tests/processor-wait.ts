// What a machine lets a process wait: how long its threads were ready to run and had no processor, as the kernel counts
// it. A test of times that holds it against nobody says the same on a loaded machine as on a free one, where it is
// next to nothing. Reads /proc, so it works on Linux alone.

import { readdirSync, readFileSync } from 'node:fs';

/** Of all its threads together since they began, ms. `pid`: this process where it is not given. */
export function readWaitedMs(pid: number | 'self' = 'self'): number {
  const tasks = `/proc/${pid}/task`;
  const waitedNs = readdirSync(tasks).map((task) => {
    try {
      return Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[1]);
    } catch {
      // It has just ended.
      return 0;
    }
  });
  return waitedNs.reduce((sum, one) => sum + one, 0) / 1e6;
}
