// Builds the manifest of a partition. Pure: from what SQL counted and what the last manifest said.

import { addDays, type Day, formatDay, startOfDayUs, usPerSecond } from '../lake/day.ts';
import {
  type PartitionInput,
  type PartitionManifest,
  partitionSchemaVersion,
} from '../lake/partition-manifest.ts';
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
  trades: TradeFacts;
  inputs: readonly PartitionInput[];
  linesQuarantined: number;
};

/** The next manifest; the same revision when nothing but the time has changed. */
export function buildManifest(
  facts: PartitionFacts,
  last: PartitionManifest | undefined,
): PartitionManifest {
  const content: Omit<PartitionManifest, 'revision'> = {
    schema_version: partitionSchemaVersion,
    rows: facts.rows,
    first_second: facts.firstSecond === null ? null : formatSecond(facts.firstSecond),
    last_second: facts.lastSecond === null ? null : formatSecond(facts.lastSecond),
    sha256: facts.sha256,
    bytes: facts.bytes,
    inputs: [...facts.inputs],
    seconds_covered: facts.runs.reduce((total, [from, to]) => total + to - from + 1, 0),
    seconds_missing: invertRuns(facts.runs, facts.day).map(([from, to]) => [
      formatSecond(from),
      formatSecond(to),
    ]),
    ...facts.trades,
    lines_quarantined: facts.linesQuarantined,
    reconcile: last?.reconcile ?? null,
    revisions: last?.revisions ?? [],
  };
  const { schema_version, ...rest } = content;
  const unchanged =
    last !== undefined &&
    JSON.stringify({ ...content, revision: 0 }) === stripRevision(last, content);
  const revision = (last?.revision ?? 0) + (unchanged ? 0 : 1);
  return { schema_version, revision, ...rest };
}

function stripRevision(last: PartitionManifest, like: object): string {
  const keys = Object.keys(like) as (keyof PartitionManifest)[];
  return JSON.stringify({
    ...Object.fromEntries(keys.map((key) => [key, last[key]])),
    revision: 0,
  });
}

/** The seconds of the day that are in no run. */
function invertRuns(runs: Runs, day: Day): [number, number][] {
  const gaps: [number, number][] = [];
  let next = startOfDayUs(day) / usPerSecond;
  for (const [from, to] of runs) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  const end = startOfDayUs(addDays(day, 1)) / usPerSecond - 1;
  if (next <= end) gaps.push([next, end]);
  return gaps;
}

function formatSecond(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}

/** The UTC days in which a part says anything: trades, quotes, or that it was listening. */
export function listTouchedDays(entry: LedgerEntry): Day[] {
  const offsetUs = entry.clockOffsetUs ?? 0;
  const stretches = [
    [entry.firstTradeUs, entry.lastTradeUs],
    [entry.firstQuoteUs, entry.lastQuoteUs],
    ...entry.spans.map((span) => [span.fromUs + offsetUs, span.toUs + offsetUs]),
  ];
  const days = new Set<Day>();
  for (const [firstUs, lastUs] of stretches) {
    if (firstUs === null || lastUs === null) continue;
    const last = formatDay(lastUs!);
    for (let day = formatDay(firstUs!); day <= last; day = addDays(day, 1)) days.add(day);
  }
  return [...days].sort();
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
