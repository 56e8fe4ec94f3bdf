// Builds the manifest of a partition. Pure: from what SQL counted and what the last manifest said.

import {
  addDays,
  type Day,
  formatDay,
  formatSecond,
  startOfDayUs,
  usPerSecond,
} from '../lake/day.ts';
import type { Row } from '../lake/duckdb.ts';
import {
  maxRevisions,
  type PartitionInput,
  type PartitionManifest,
  type PastRevision,
  partitionSchemaVersion,
} from '../lake/partition-manifest.ts';
import { findOwnOffsetUs, type Interval, shiftSpan } from './coverage.ts';
import type { LedgerEntry } from './ledger.ts';

/** What a day's trades are, from the trades dataset. */
export type TradeFacts = Pick<
  PartitionManifest,
  'first_trade_id' | 'last_trade_id' | 'missing_trade_ids' | 'duplicates_removed' | 'trades_filled'
>;

export const noTrades: TradeFacts = {
  first_trade_id: null,
  last_trade_id: null,
  missing_trade_ids: [],
  duplicates_removed: 0,
  trades_filled: 0,
};

/** Why a partition is replaced, and where its rows change. */
export type Succession = { reason: PastRevision['reason']; secondsChanged: Runs };

/** Runs of consecutive seconds since the epoch, first and last inclusive, ascending. */
export type Runs = readonly (readonly [number, number])[];

export type PartitionFacts = {
  day: Day;
  rows: number;
  firstSecond: number | null;
  lastSecond: number | null;
  sha256: string;
  bytes: number;
  /** Seconds of the day that have a bar. */
  runs: Runs;
  /** Whether a later day has bars: nothing of this one is to come but late. */
  hasLaterBars: boolean;
  trades: TradeFacts;
  inputs: readonly PartitionInput[];
  linesQuarantined: number;
};

/** Stretches of changed seconds named in a past revision. */
const maxStretches = 500;

/** The manifest that follows `previous`; the same revision when it says the same. */
export function buildManifest(
  facts: PartitionFacts,
  previous: PartitionManifest | undefined,
  succession: Succession,
): PartitionManifest {
  const through = findThrough(facts);
  const content: Omit<PartitionManifest, 'revision' | 'revisions'> = {
    schema_version: partitionSchemaVersion,
    rows: facts.rows,
    first_second: facts.firstSecond === null ? null : formatSecond(facts.firstSecond),
    last_second: facts.lastSecond === null ? null : formatSecond(facts.lastSecond),
    sha256: facts.sha256,
    bytes: facts.bytes,
    inputs: [...facts.inputs],
    seconds_covered: facts.runs.reduce((total, [from, to]) => total + to - from + 1, 0),
    through: through === null ? null : formatSecond(through),
    seconds_missing: through === null ? [] : formatRuns(invertRuns(facts.runs, facts.day, through)),
    ...facts.trades,
    lines_quarantined: facts.linesQuarantined,
    reconcile: previous?.reconcile ?? null,
  };
  const { schema_version, ...rest } = content;
  if (previous === undefined) return { schema_version, revision: 1, ...rest, revisions: [] };
  const { revision, revisions, sha256 } = previous;
  if (JSON.stringify(content) === JSON.stringify(selectKeys(previous, content))) {
    return { schema_version, revision, ...rest, revisions };
  }
  const { reason, secondsChanged } = succession;
  const seconds_changed = formatRuns(joinNearest(secondsChanged, maxStretches));
  const past = [...revisions, { revision, sha256, reason, seconds_changed }].slice(-maxRevisions);
  return { schema_version, revision: revision + 1, ...rest, revisions: past };
}

function selectKeys(manifest: PartitionManifest, like: object): object {
  const keys = Object.keys(like) as (keyof PartitionManifest)[];
  return Object.fromEntries(keys.map((key) => [key, manifest[key]]));
}

function findThrough({ day, lastSecond, runs, hasLaterBars }: PartitionFacts): number | null {
  if (hasLaterBars) return startOfDayUs(addDays(day, 1)) / usPerSecond - 1;
  return runs.at(-1)?.[1] ?? lastSecond;
}

/** Runs as SQL hands them out, in two lists. */
export function readRuns(row: Row): Runs {
  const from = (row.runs_from ?? []) as unknown[];
  const to = (row.runs_to ?? []) as unknown[];
  return from.map((second, index) => [Number(second), Number(to[index])]);
}

/** At most `count` runs: those with the least between them become one. */
function joinNearest(runs: Runs, count: number): Runs {
  if (runs.length <= count) return runs;
  const gaps = runs.slice(1).map(([from], index) => from - runs[index]![1]);
  const widest = gaps.toSorted((a, b) => b - a)[count - 1]!;
  const joined: [number, number][] = [];
  for (const [index, [from, to]] of runs.entries()) {
    if (index > 0 && gaps[index - 1]! <= widest) joined.at(-1)![1] = to;
    else joined.push([from, to]);
  }
  return joined;
}

function formatRuns(runs: Runs): [string, string][] {
  return runs.map(([from, to]) => [formatSecond(from), formatSecond(to)]);
}

/** The seconds of the day up to `through` that are in no run. */
function invertRuns(runs: Runs, day: Day, through: number): [number, number][] {
  const gaps: [number, number][] = [];
  let next = startOfDayUs(day) / usPerSecond;
  for (const [from, to] of runs) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= through) gaps.push([next, through]);
  return gaps;
}

/**
 * The UTC days in which a part says anything by itself: trades, quotes, or that it was listening, by its own
 * clock offset. Where another part tells its offset it may have been listening elsewhere.
 */
export function listTouchedDays(entry: LedgerEntry): Day[] {
  const days = new Set<Day>(entry.tradeDays);
  for (const { fromUs, toUs } of listTouched(entry)) {
    const last = formatDay(toUs);
    for (let day = formatDay(fromUs); day <= last; day = addDays(day, 1)) days.add(day);
  }
  return [...days].sort();
}

/** A second, since the epoch, of a day that the part touches. */
export function findTouchedSecond(entry: LedgerEntry, day: Day): number {
  const [fromUs, toUs] = [startOfDayUs(day), startOfDayUs(addDays(day, 1)) - 1];
  const inside = listTouched(entry).find((each) => each.fromUs <= toUs && each.toUs >= fromUs);
  return Math.floor(Math.max(fromUs, inside?.fromUs ?? fromUs) / usPerSecond);
}

function listTouched(entry: LedgerEntry): Interval[] {
  const { firstTradeUs, lastTradeUs, firstQuoteUs, lastQuoteUs, tradeDays } = entry;
  const offsetUs = findOwnOffsetUs(entry) ?? 0;
  const touched = entry.spans.map((span) => shiftSpan(span, offsetUs));
  if (firstQuoteUs !== null) touched.push({ fromUs: firstQuoteUs, toUs: lastQuoteUs! });
  if (firstTradeUs !== null && tradeDays === undefined) {
    touched.push({ fromUs: firstTradeUs, toUs: lastTradeUs! });
  }
  return touched;
}

/**
 * The day on which a part's unreadable lines count, for they have no time of their own: the day of its
 * receipt, or, where nothing in it is of that day, the first it says anything of. A damaged receive time
 * may claim any day.
 */
export function findCountingDay(entry: LedgerEntry): Day | undefined {
  const touched = listTouchedDays(entry);
  return touched.includes(entry.day) ? entry.day : touched[0];
}

/** Inputs of a partition after more parts were read, by part name. */
export function mergeInputs(
  known: readonly PartitionInput[],
  fresh: readonly PartitionInput[],
): PartitionInput[] {
  const byPart = new Map([...known, ...fresh].map((input) => [input.part, input]));
  return [...byPart.values()]
    .map(({ part, sha256 }) => ({ part, sha256 }))
    .sort((a, b) => (a.part < b.part ? -1 : a.part > b.part ? 1 : 0));
}
