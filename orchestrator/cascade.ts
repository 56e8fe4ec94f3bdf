// When failures become a cascade: several services that fail together, or one that fails again and
// again. Then the machine or the program is sick, and one more restart of one service mends nothing:
// everything is stopped, and whoever runs the orchestrator starts it clean. Holds no effects.

import type { Exit } from './supervision.ts';

export type Failure = {
  service: string;
  /** Monotonic. */
  atMs: number;
};

const togetherMs = 60_000;
const hourMs = 3_600_000;
const maxPerHour = 3;
const firstWaitMs = 2000;
const maxWaitMs = 300_000;

/**
 * Whether the end of a child is a failure of the service rather than of what it worked on. A service
 * that is to run always has failed whenever it ends. A job that ends with 1 has come to a verdict: a
 * damaged day, a bucket that does not answer. It is reported and tried again, but it must not take the
 * collector down every hour, which can do nothing about it. Killed (out of memory), not started, or
 * ended with a code that no mode has, it has failed.
 */
export function isFailure(exit: Exit, isLongRunning: boolean): boolean {
  return isLongRunning || !(exit.code === 0 || exit.code === 1);
}

/** Why the failures up to now, the last of which has just happened, are a cascade; else undefined. */
export function findCascade(failures: readonly Failure[], nowMs: number): string | undefined {
  const last = failures.at(-1);
  if (last === undefined) return undefined;
  const together = failures.filter(({ atMs }) => nowMs - atMs <= togetherMs);
  const services = [...new Set(together.map(({ service }) => service))];
  if (services.length > 1) {
    return `${services.join(' and ')} failed within ${togetherMs / 1000} s`;
  }
  const times = failures.filter(
    ({ service, atMs }) => service === last.service && nowMs - atMs <= hourMs,
  ).length;
  return times > maxPerHour ? `${last.service} failed ${times} times within an hour` : undefined;
}

/** Failures that can still be part of a cascade. */
export function keepRecent(failures: readonly Failure[], nowMs: number): Failure[] {
  return failures.filter(({ atMs }) => nowMs - atMs <= hourMs);
}

/**
 * How long a start waits after `badEnds` ends within the last hour that nobody asked for: not at all
 * after the first, then 2 s, 4 s, ... up to 5 minutes.
 */
export function planStartWaitMs(badEnds: number): number {
  return badEnds < 2 ? 0 : Math.min(maxWaitMs, firstWaitMs * 2 ** (badEnds - 2));
}
