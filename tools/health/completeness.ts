// How complete a finished day of a symbol is, by the manifest of its bars: seconds that were observed, and
// trades that are there, each as a share of what there should be. A symbol's first day counts from its first
// known trade. Holds no effects.

import { addDays, type Day, formatDay, startOfDayUs, usPerSecond } from '../../lake/day.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { PartitionManifest } from '../../lake/partition-manifest.ts';
import type { Finding } from './problem.ts';

export type DayCompleteness = Instrument & {
  day: Day;
  /** The smaller of the two shares, in percent, rounded down. */
  percent: number;
  seconds_missing: number;
  trades_missing: number;
};

const daySeconds = 86_400;
/** Days that are over and looked at. */
const watchedDays = 3;

/**
 * The last days that are over, oldest first; the youngest has been so for `settleMs`, and was when the last
 * transform began: before, its manifests lack what was only not transformed yet.
 */
export function listWatchedDays(
  nowMs: number,
  settleMs: number,
  transformedAtMs = Number.POSITIVE_INFINITY,
): Day[] {
  const running = formatDay(Math.min(nowMs - settleMs, transformedAtMs) * 1000);
  return Array.from({ length: watchedDays }, (_, i) => addDays(running, i - watchedDays));
}

/** `manifest` is undefined where nothing is kept of the day; `firstDay` is the first that has one. */
export function measureDay(
  instrument: Instrument,
  day: Day,
  manifest: PartitionManifest | undefined,
  firstDay: Day,
): DayCompleteness {
  const expected = day === firstDay ? countSecondsLeft(day, manifest) : daySeconds;
  const covered = Math.min(manifest?.seconds_covered ?? 0, expected);
  const trades_missing = (manifest?.missing_trade_ids ?? []).reduce(
    (sum, [from, to]) => sum + to - from + 1,
    0,
  );
  const shares = [expected === 0 ? 1 : covered / expected, findTradesShare(manifest)];
  const percent = Math.floor(Math.min(...shares) * 100_000) / 1000;
  return { ...instrument, day, percent, seconds_missing: expected - covered, trades_missing };
}

/** Seconds of the day from its first trade on. */
function countSecondsLeft(day: Day, manifest: PartitionManifest | undefined): number {
  const first = manifest?.first_second;
  if (first == null) return daySeconds;
  return startOfDayUs(addDays(day, 1)) / usPerSecond - Date.parse(first) / 1000;
}

/** Of the trades known to exist, which have numbers in a row. Ids before the day's first can be missing. */
function findTradesShare(manifest: PartitionManifest | undefined): number {
  const { first_trade_id: first, last_trade_id: last, missing_trade_ids = [] } = manifest ?? {};
  if (first == null || last == null) return 1;
  const from = Math.min(first, missing_trade_ids[0]?.[0] ?? first);
  const to = Math.max(last, missing_trade_ids.at(-1)?.[1] ?? last);
  const missing = missing_trade_ids.reduce((sum, [a, b]) => sum + b - a + 1, 0);
  return 1 - missing / (to - from + 1);
}

export function findCompletenessProblems(
  days: readonly DayCompleteness[],
  targetPercent: number,
): Finding[] {
  return days
    .filter(({ percent }) => percent < targetPercent)
    .map((one): Finding => {
      const { exchange, symbol, day, percent, seconds_missing, trades_missing } = one;
      const select = `--exchange ${exchange} --symbol ${symbol} --date ${day}`;
      return {
        id: `completeness ${exchange}/${symbol} ${day}`,
        condition: 'completeness',
        subject: `${exchange}/${symbol} ${day}`,
        severity: 'degraded',
        what:
          `${exchange}/${symbol} of ${day} is ${percent} % complete: ${seconds_missing} seconds were ` +
          `not observed, ${trades_missing} trades are missing (reported for ${watchedDays} days)`,
        sinceMs: startOfDayUs(addDays(day, 1)) / 1000,
        action: `fetch it with --mode backfill --from ${day} --to ${day}; see --mode verify ${select}`,
      };
    });
}
