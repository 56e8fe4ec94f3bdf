// How much of a day there is: of its seconds and of its trade ids. Pure.

import { addDays, startOfDayUs, usPerSecond } from '../../lake/day.ts';
import { count, type Finding, summarize } from './finding.ts';
import { findStatedSecond } from './manifest-check.ts';
import type { StoredDay } from './stored-day.ts';
import type { Ranges, StoredFacts } from './stored-facts.ts';

export type Share = {
  have: number;
  of: number;
};

export type Completeness = {
  /** Seconds observed, of those of the day; of the running day, of those the manifest speaks of. */
  seconds: Share;
  /** Trade ids that are there, of those known to exist; undefined without trades. */
  ids: Share | undefined;
  findings: Finding[];
};

export function measureCompleteness(
  stored: StoredDay,
  facts: StoredFacts,
  previousTradeId: number | undefined,
  nowUs: number,
): Completeness {
  const first = startOfDayUs(stored.day) / usPerSecond;
  const end = findEnd(stored, nowUs);
  const runs = (facts.bars?.runs ?? []).map(([from, to]): [number, number] => [
    from,
    Math.min(to, end),
  ]);
  const have = sum(runs);
  const of = Math.max(0, end - first + 1);
  const findings: Finding[] = [];
  if (facts.bars !== undefined && have < of) {
    const isPast = nowUs >= startOfDayUs(addDays(stored.day, 1));
    findings.push(describeSeconds(runs, first, end, isPast));
  }
  const missing = listMissingIds(facts, previousTradeId);
  if (missing.length > 0) findings.push(describeIds(missing));
  const rows = facts.trades?.rows;
  const ids = rows === undefined ? undefined : { have: rows, of: rows + sum(missing) };
  return { seconds: { have, of }, ids, findings };
}

/** Percent with three decimals, rounded down: 100 only where nothing is missing. */
export function formatPercent(share: Share | undefined): string {
  if (share === undefined || share.of === 0) return '-';
  return (Math.floor((share.have / share.of) * 100_000) / 1000).toFixed(3);
}

/** The last second that counts: of a day that is over its last one, else as far as the manifest speaks. */
function findEnd({ day, bars_1s: bars }: StoredDay, nowUs: number): number {
  const lastOfDay = startOfDayUs(addDays(day, 1)) / usPerSecond - 1;
  const passed = Math.floor(nowUs / usPerSecond) - 1;
  if (passed >= lastOfDay) return lastOfDay;
  const stated = bars?.manifest && findStatedSecond(bars.manifest);
  return Math.min(passed, stated ?? passed);
}

function listMissingIds({ trades }: StoredFacts, previousTradeId: number | undefined): Ranges {
  const first = trades?.firstId ?? undefined;
  if (first === undefined) return [];
  const isOpen = previousTradeId !== undefined && previousTradeId + 1 < first;
  return [...(isOpen ? ([[previousTradeId + 1, first - 1]] as Ranges) : []), ...trades!.gaps];
}

function describeIds(missing: Ranges): Finding {
  return {
    severity: 'missing',
    check: 'ids-missing',
    what: `${count(sum(missing), 'trade id')} missing in ${count(missing.length, 'range')}`,
    examples: summarize(
      missing.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)),
    ),
    remedy: 'fill',
  };
}

function describeSeconds(
  runs: Readonly<Ranges>,
  first: number,
  end: number,
  isPast: boolean,
): Finding {
  const holes: Ranges = [];
  let next = first;
  for (const [from, to] of runs) {
    if (from > next) holes.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= end) holes.push([next, end]);
  const time = (second: number) => new Date(second * 1000).toISOString().slice(11, 19);
  return {
    severity: 'missing',
    check: 'seconds-missing',
    what: `${count(sum(holes), 'second')} not observed in ${count(holes.length, 'range')}`,
    examples: summarize(holes.map(([from, to]) => `${time(from)} to ${time(to)}`)),
    // A day that is not over cannot be completed yet.
    ...(isPast ? { remedy: 'backfill' as const } : {}),
  };
}

function sum(ranges: Readonly<Ranges>): number {
  return ranges.reduce((total, [from, to]) => total + Math.max(0, to - from + 1), 0);
}
