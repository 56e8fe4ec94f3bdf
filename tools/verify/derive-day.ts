// Derives a stored day again and holds the two against each other. Where that cannot be done (parts
// are gone, or no longer the bytes they were) it says so instead.

import { rm } from 'node:fs/promises';
import type { Day } from '../../lake/day.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import { openLedger } from '../../transformer/ledger.ts';
import { listDayParts, type Part } from '../../transformer/parts.ts';
import { compareDays } from './compare-day.ts';
import type { Derived } from './day-report.ts';
import { deriveDay } from './derive.ts';
import { type DaySources, listInputs, planDerivation, type Surroundings } from './derive-plan.ts';
import { type Finding, summarize } from './finding.ts';
import { readStoredDay, type StoredDay } from './stored-day.ts';
import type { InstrumentDays, VerifyRun } from './verify-run.ts';

export type Comparison = { derived: Derived; findings: Finding[] };

export async function deriveAndCompare(
  run: VerifyRun,
  instrument: Instrument,
  stored: StoredDay,
  days: InstrumentDays,
): Promise<Comparison> {
  if (stored.bars_1s === undefined && stored.trades === undefined) {
    return { derived: 'none', findings: [] };
  }
  const around = await readSurroundings(run, instrument, stored, days);
  const sources = planDerivation(around);
  if ('reason' in sources) return describeObstacle(sources.reason, sources.what);
  // Hashing is this thread's work, deriving is DuckDB's.
  const [damaged, comparison] = await Promise.all([
    findDamaged(run, stored, around),
    compareWithDerived(run, instrument, stored, sources),
  ]);
  if (damaged.length === 0) return comparison;
  const what = `parts are not what the day was made of: ${summarize(damaged).join(', ')}`;
  const finding: Finding = { severity: 'wrong', check: 'inputs', what, remedy: 'restore' };
  return { derived: 'not possible', findings: [finding] };
}

async function compareWithDerived(
  run: VerifyRun,
  instrument: Instrument,
  stored: StoredDay,
  sources: DaySources,
): Promise<Comparison> {
  try {
    await deriveDay({ ...run, ...sources, instrument });
    const derived = await readStoredDay(run.scratch, instrument, stored.day);
    const findings = await compareDays(run.session, stored, derived);
    return { derived: findings.length === 0 ? 'equal' : 'differs', findings };
  } catch (thrown) {
    const what = `derive again: ${formatReason(thrown)}`;
    return { derived: 'not possible', findings: [{ severity: 'wrong', check: 'derive', what }] };
  } finally {
    await rm(run.scratch, { recursive: true, force: true });
  }
}

function describeObstacle(reason: 'raw gone' | 'neighbour damaged', what: string): Comparison {
  if (reason === 'raw gone') {
    return { derived: 'raw gone', findings: [{ severity: 'note', check: 'raw-gone', what }] };
  }
  return { derived: 'not possible', findings: [{ severity: 'note', check: 'derive', what }] };
}

/** Inputs whose bytes are not those the day's manifests name. */
async function findDamaged(
  { reader }: VerifyRun,
  stored: StoredDay,
  { parts }: Surroundings,
): Promise<string[]> {
  const damaged = new Set<string>();
  for (const { part, sha256 } of listInputs(stored)) {
    if (!parts.has(part)) continue;
    const measured = await reader.measure(part);
    if (measured.sha256 !== sha256) damaged.add(part);
  }
  return [...damaged];
}

async function readSurroundings(
  { root }: VerifyRun,
  instrument: Instrument,
  stored: StoredDay,
  days: InstrumentDays,
): Promise<Surroundings> {
  const { day } = stored;
  const before = findNearest(days, (candidates) => candidates.filter((each) => each < day).at(-1));
  const after = findNearest(days, (candidates) => candidates.find((each) => each > day));
  const read = (each: Day) => readStoredDay(root, instrument, each);
  const surroundings = {
    day: stored,
    before: await Promise.all(before.map(read)),
    after: await Promise.all(after.map(read)),
    quoteDays: days.quotes,
  };
  const receiptDays = new Set([...before, day, ...after]);
  for (const each of [stored, ...surroundings.before, ...surroundings.after]) {
    for (const { part } of listInputs(each)) receiptDays.add(part.split('/').at(-2)!);
  }
  const parts = new Map<string, Part>();
  for (const receiptDay of receiptDays) {
    for (const part of await listDayParts(root, instrument, receiptDay)) parts.set(part.name, part);
  }
  const ledger = await openLedger(root, instrument).read(receiptDays);
  return { ...surroundings, parts, ledger };
}

function findNearest(
  { bars, trades }: InstrumentDays,
  find: (days: readonly Day[]) => Day | undefined,
): Day[] {
  return [...new Set([find(bars), find(trades)])].filter((day) => day !== undefined);
}
