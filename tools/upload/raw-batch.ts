// When a batch of raw parts is sent: so many seconds after the last one, as soon as so many messages wait, or
// when the day they were received on is over; and not before a store that failed is asked again. Holds no
// effects.

import { type BackoffLimits, planBackoffMs } from '../../lake/backoff.ts';

export type BatchRules = { seconds: number; messages: number };

/** Times are of a monotonic clock, ms. */
export type BatchState = {
  /** What waits: parts, and messages in them. */
  parts: number;
  messages: number;
  /** Whether some of it is of a day that is over. */
  hasFinishedDay: boolean;
  lastBatchMs: number;
  /** Failures in a row, and when the next try is made. */
  failures: number;
  retryAtMs: number;
};

const retryLimits: BackoffLimits = { firstMs: 10_000, maxMs: 300_000 };
/** How often the parts are counted where their messages decide. */
const countEveryMs = 5000;
/** How often one looks where there is nothing to wait for. */
const maxWaitMs = 60_000;

export function isBatchDue(state: BatchState, rules: BatchRules, nowMs: number): boolean {
  if (state.parts === 0 || nowMs < state.retryAtMs) return false;
  if (state.failures > 0 || state.hasFinishedDay) return true;
  if (rules.messages > 0 && state.messages >= rules.messages) return true;
  return rules.seconds > 0 && nowMs - state.lastBatchMs >= rules.seconds * 1000;
}

/** How long nothing can become due. */
export function planWaitMs(state: BatchState, rules: BatchRules, nowMs: number): number {
  if (state.failures > 0) return clampWait(state.retryAtMs - nowMs);
  if (rules.messages > 0) return countEveryMs;
  return clampWait(state.lastBatchMs + rules.seconds * 1000 - nowMs);
}

/** When a store that has failed so many times in a row is asked again, and never sooner than planned. */
export function planRetryMs(failures: number, nowMs: number, random: () => number): number {
  const half = planBackoffMs(failures - 1, retryLimits, () => 0.5);
  return nowMs + half + Math.round(random() * half);
}

/** A batch may be due at once: then one looks again in a second. */
function clampWait(ms: number): number {
  return Math.min(maxWaitMs, Math.max(1000, ms));
}
