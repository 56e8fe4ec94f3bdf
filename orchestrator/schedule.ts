// When a service is due: every so often, on the monotonic clock, or by a cron expression, in UTC. Times
// that have passed are not made up for: after a pause the next one counts.

import { Cron } from 'croner';
import type { Clock } from '../lake/clock.ts';

export type Schedule = { everyMs: number } | { cron: string };

/** Timers fire at once beyond 2^31 ms, and the wall clock may be set: look again at least so often. */
const maxWaitMs = 60_000;

/** Calls `onDue` at every due time until stopped. */
export function startSchedule(
  schedule: Schedule,
  clock: Clock,
  onDue: () => void,
): { stop(): void } {
  const readMs = 'cron' in schedule ? () => clock.nowUs() / 1000 : () => clock.monotonicMs();
  const startMs = readMs();
  let dueMs = findNextMs(schedule, startMs, startMs);
  let timer: NodeJS.Timeout;
  wait();

  function wait(): void {
    timer = setTimeout(check, Math.min(maxWaitMs, Math.max(1, Math.ceil(dueMs - readMs()))));
  }

  function check(): void {
    const nowMs = readMs();
    if (nowMs >= dueMs) {
      dueMs = findNextMs(schedule, startMs, nowMs);
      onDue();
    }
    wait();
  }

  return { stop: () => clearTimeout(timer) };
}

/** The first due time after `nowMs`, of a schedule that began at `startMs`. */
export function findNextMs(schedule: Schedule, startMs: number, nowMs: number): number {
  if ('everyMs' in schedule) {
    const { everyMs } = schedule;
    return startMs + (Math.floor((nowMs - startMs) / everyMs) + 1) * everyMs;
  }
  const cron = new Cron(schedule.cron, { mode: '5-part', timezone: 'UTC' });
  return cron.nextRun(new Date(nowMs))?.getTime() ?? Number.POSITIVE_INFINITY;
}
