// Attempts to send a file to a store, of the last 24 hours, counted by the hour, so that the count goes on
// over restarts. Holds no effects.

export type HourAttempts = { hour: string; attempts: number; failed: number };

const hourMs = 3_600_000;
const keptHours = 24;

/** The counts with one attempt more. Bounded: one entry per hour. */
export function countAttempt(
  hours: readonly HourAttempts[],
  nowMs: number,
  isGood: boolean,
): HourAttempts[] {
  const hour = formatHour(nowMs);
  const failed = isGood ? 0 : 1;
  const kept = keepRecent(hours, nowMs);
  const last = kept.at(-1);
  if (last?.hour !== hour) return [...kept, { hour, attempts: 1, failed }];
  const more = { hour, attempts: last.attempts + 1, failed: last.failed + failed };
  return [...kept.slice(0, -1), more];
}

/** The sums of the last 24 hours. */
export function sumAttempts(
  hours: readonly HourAttempts[],
  nowMs: number,
): { attempts: number; attempts_failed: number } {
  const sum = { attempts: 0, attempts_failed: 0 };
  for (const { attempts, failed } of keepRecent(hours, nowMs)) {
    sum.attempts += attempts;
    sum.attempts_failed += failed;
  }
  return sum;
}

/** A clock that was set back leaves hours of the future: they count until they are past. */
export function keepRecent(hours: readonly HourAttempts[], nowMs: number): HourAttempts[] {
  const oldest = formatHour(nowMs - keptHours * hourMs);
  return hours.filter(({ hour }) => hour > oldest).slice(-2 * keptHours);
}

function formatHour(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 13)}:00Z`;
}
