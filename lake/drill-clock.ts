// A clock that a drill can set: the machine's clock plus the microseconds in a file, which is read
// again several times a second. Used only where LAKE_DRILL_CLOCK_FILE names such a file, which nothing
// but `--mode drill` does.

import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';

/** Names the file, for the processes of a drill. */
export const drillClockVariable = 'LAKE_DRILL_CLOCK_FILE';

const readEveryMs = 200;

export function openDrillClock(clock: Clock, path: string): Clock {
  let offsetUs = readOffsetUs(path);
  let readAtMs = clock.monotonicMs();
  return {
    monotonicMs: clock.monotonicMs,
    nowUs() {
      const nowMs = clock.monotonicMs();
      if (nowMs - readAtMs >= readEveryMs) {
        offsetUs = readOffsetUs(path);
        readAtMs = nowMs;
      }
      return clock.nowUs() + offsetUs;
    },
  };
}

function readOffsetUs(path: string): number {
  const offsetUs = Number(readFileSync(path, 'utf8'));
  if (Number.isSafeInteger(offsetUs)) return offsetUs;
  throw new RangeError(`read clock of drill ${path}: it holds no number`);
}
