// Exponential backoff with full jitter: the wait is uniform between 0 and the exponential bound, so
// that many clients cut off at the same moment do not return at the same moment.

export type BackoffLimits = { firstMs: number; maxMs: number };

/**
 * The wait before attempt number `attempt` (0 is the first retry), in milliseconds.
 * `random` gives [0, 1).
 */
export function planBackoffMs(
  attempt: number,
  { firstMs, maxMs }: BackoffLimits,
  random: () => number,
): number {
  const boundMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(random() * boundMs);
}
