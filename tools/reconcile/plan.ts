// Decides what of an instrument is compared in a run: what was published since the last comparison, days
// that are over and were not compared as a whole, and what was unresolved: where the bars have changed
// since, where no fill was tried yet, and once an hour. Holds no effects.

import type { Day } from '../../lake/day.ts';
import { countUnresolved, type DayMemory, type Memory } from './memory.ts';
import { clipSpans, findDaySpan, type Span, splitByDay } from './spans.ts';

/** A day of bars, by its manifest. Seconds since the epoch; null where it has no row. */
export type BarsDay = {
  day: Day;
  firstSecond: number | null;
  lastSecond: number | null;
  sha256: string;
};

/**
 * What to compare of a day. `published`: seconds new since the last run. `unresolved`: the seconds that
 * differed last time. `day`: all of it, with the archive's klines, or with REST's where the archive has
 * none and `mayWait` is false; where `isLate`, REST's word is taken for the last.
 */
export type Job = { day: Day; bars: BarsDay } & (
  | { kind: 'published'; spans: Span[] }
  | { kind: 'unresolved' }
  | { kind: 'day'; spans: Span[]; isOver: boolean; mayWait: boolean; isLate: boolean }
);

export type PlanOptions = {
  nowSecond: number;
  /** How far back each run looks again, so that late fills are seen. */
  overlapSeconds: number;
};

/** Seconds before the last bar that may still get trades from parts not yet read. */
const unsettledSeconds = 3;
/** Seconds until the exchange's own klines hold still. */
const exchangeLagSeconds = 5;
/** How far a first run looks back. */
const firstLookSeconds = 86_400;
/** The archive is asked again for a day after so long, and waited for until so long after its end. */
const archiveRetrySeconds = 3600;
const archiveWaitSeconds = 86_400;
/** What is unresolved is looked at again so often: a file may have been restored, a kline corrected. */
const recheckSeconds = 3600;
/** Whole days per run and instrument, the newest first. */
const maxDaysPerRun = 2;

/** The jobs of a scheduled run. `days` ascending, those with bars alone. */
export function planRun(days: readonly BarsDay[], memory: Memory, options: PlanOptions): Job[] {
  const end = findEnd(days, options.nowSecond);
  const first = days.find(({ firstSecond }) => firstSecond !== null)?.firstSecond;
  if (end === undefined || first === undefined || first === null) return [];
  const whole = planWholeDays(days, memory, options.nowSecond, first);
  const isWhole = (day: Day) => whole.some((job) => job.day === day);
  const published = planPublished(days, memory, options, { from: first, to: end });
  const unresolved = days
    .filter(({ day, sha256 }) => {
      const known = memory.days[day];
      if (known === undefined || countUnresolved(known) === 0) return false;
      const isDue = options.nowSecond - Date.parse(known.checked_at) / 1000 >= recheckSeconds;
      return known.bars_sha256 !== sha256 || !known.is_filled || isDue;
    })
    .map((bars): Job => ({ day: bars.day, bars, kind: 'unresolved' }));
  return [...published, ...unresolved.filter(({ day }) => !isWhole(day)), ...whole];
}

/** The job of a run for one day: all of it that is published. */
export function planDay(days: readonly BarsDay[], day: Day, nowSecond: number): Job[] {
  const bars = days.find((known) => known.day === day);
  const end = findEnd(days, nowSecond);
  const first = days.find(({ firstSecond }) => firstSecond !== null)?.firstSecond ?? null;
  if (bars === undefined || end === undefined || first === null) return [];
  const isOver = isDayOver(bars.day, nowSecond);
  const last = isOver && days.at(-1)?.day !== day ? findDaySpan(day).to : end;
  const spans = clipSpans([findDaySpan(day)], { from: first, to: last });
  if (spans.length === 0) return [];
  const isLate = nowSecond >= findDaySpan(day).to + archiveWaitSeconds;
  return [{ day, bars, kind: 'day', spans, isOver, mayWait: false, isLate }];
}

/** The second up to which bars are published and settled on both sides. */
function findEnd(days: readonly BarsDay[], nowSecond: number): number | undefined {
  const last = days.findLast(({ lastSecond }) => lastSecond !== null)?.lastSecond;
  if (last === undefined || last === null) return undefined;
  return Math.min(last + 1 - unsettledSeconds, nowSecond - exchangeLagSeconds);
}

function planPublished(
  days: readonly BarsDay[],
  { cursor, days: known }: Memory,
  { overlapSeconds }: PlanOptions,
  { from, to }: Span,
): Job[] {
  const start = Math.max(from, Math.min(cursor ?? to - firstLookSeconds, to - overlapSeconds));
  const hasNews = ({ day, sha256 }: BarsDay) => known[day]?.bars_sha256 !== sha256;
  return splitByDay([{ from: start, to }]).flatMap(({ day, spans }): Job[] => {
    const bars = days.find((candidate) => candidate.day === day);
    if (bars === undefined || spans.length === 0) return [];
    const isNew = cursor === null || spans.some((span) => span.to > cursor);
    return isNew || hasNews(bars) ? [{ day, bars, kind: 'published', spans }] : [];
  });
}

function planWholeDays(
  days: readonly BarsDay[],
  memory: Memory,
  nowSecond: number,
  first: number,
): Job[] {
  const newest = days.at(-1)?.day;
  return days
    .filter(({ day }) => day !== newest && isDayOver(day, nowSecond))
    .filter(({ day, sha256 }) => !isDone(memory.days[day], sha256))
    .map((bars): Job & { kind: 'day' } => {
      const { day } = bars;
      const span = findDaySpan(day);
      const isLate = nowSecond >= span.to + archiveWaitSeconds;
      const spans = clipSpans([span], { from: first, to: span.to });
      return { day, bars, kind: 'day', spans, isOver: true, mayWait: !isLate, isLate };
    })
    .filter(({ day, mayWait }) => {
      const asked = memory.archive_asked[day];
      return !mayWait || asked === undefined || nowSecond - asked >= archiveRetrySeconds;
    })
    .reverse()
    .slice(0, maxDaysPerRun);
}

function isDone(known: DayMemory | undefined, sha256: string): boolean {
  return known?.is_finished === true && known.bars_sha256 === sha256;
}

function isDayOver(day: Day, nowSecond: number): boolean {
  return nowSecond >= findDaySpan(day).to + exchangeLagSeconds;
}
