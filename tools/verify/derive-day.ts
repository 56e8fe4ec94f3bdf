// Derives a stored day again, in a folder of our own. Where that cannot be done (parts are gone, or no
// longer the bytes they were) it says so instead.

import type { Day } from '../../lake/day.ts';
import type { Instrument } from '../../lake/layout.ts';
import { findOwnOffsetUs } from '../../transformer/coverage.ts';
import { readPartsOfDays } from '../../transformer/known.ts';
import { type LedgerEntry, openLedger } from '../../transformer/ledger.ts';
import { findReceiptDays } from '../../transformer/ledger-days.ts';
import { listTouchedDays } from '../../transformer/partition-record.ts';
import { listDayParts, type Part } from '../../transformer/parts.ts';
import { deriveDay } from './derive.ts';
import { listInputs, type Obstacle, planDerivation, type Surroundings } from './derive-plan.ts';
import { count, summarize } from './finding.ts';
import { readStoredDay, type StoredDay } from './stored-day.ts';
import { type InstrumentDays, listInstrumentDays, type VerifyRun } from './verify-run.ts';

/**
 * The day as its parts give it now, below `run.scratch`, which the caller removes; or why not. Parts are
 * hashed meanwhile: that is this thread's work, deriving is DuckDB's.
 */
export async function deriveStoredDay(
  run: VerifyRun,
  instrument: Instrument,
  stored: StoredDay,
): Promise<StoredDay | Obstacle> {
  const days = await listInstrumentDays(run.root, instrument);
  const around = await readSurroundings(run, instrument, stored, days);
  const sources = planDerivation(around);
  if ('reason' in sources) return sources;
  const [damaged, derived] = await Promise.allSettled([
    findDamaged(run, stored, sources.parts),
    deriveDay({ ...run, ...sources, instrument }),
  ]);
  if (damaged.status === 'rejected') throw damaged.reason;
  // A damaged part is why it could not be derived, too.
  if (damaged.value.length > 0) {
    const what = `${count(damaged.value.length, 'part')} not what the day was made of: ${summarize(damaged.value).join(', ')}`;
    return { reason: 'part damaged', what };
  }
  if (derived.status === 'rejected') throw derived.reason;
  return readStoredDay(run.scratch, instrument, stored.day);
}

/** Parts that are not described by what they hold, or where nothing describes them, as inputs. */
async function findDamaged(
  { reader }: VerifyRun,
  stored: StoredDay,
  parts: readonly Part[],
): Promise<string[]> {
  const inputs = new Map(listInputs(stored).map(({ part, sha256 }) => [part, sha256]));
  const damaged: string[] = [];
  for (const { name, sha256 } of parts) {
    const wanted = sha256 ?? inputs.get(name);
    if (wanted === undefined) continue;
    const measured = await reader.measure(name);
    if (measured.sha256 !== wanted) damaged.push(name);
  }
  return damaged;
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
  const ledger = await readLedger(root, instrument, [...before, day, ...after]);
  const receiptDays = new Set([...before, day, ...after]);
  for (const entry of ledger.values()) {
    const touched = listTouchedDays(entry);
    const isNear = [...before, day, ...after].some((each) => touched.includes(each));
    if (isNear || findOwnOffsetUs(entry) === undefined) receiptDays.add(entry.day);
  }
  for (const each of [stored, ...surroundings.before, ...surroundings.after]) {
    for (const { part } of listInputs(each)) receiptDays.add(part.split('/').at(-2)!);
  }
  const parts = new Map<string, Part>();
  for (const receiptDay of receiptDays) {
    for (const part of await listDayParts(root, instrument, receiptDay)) parts.set(part.name, part);
  }
  return { ...surroundings, parts, ledger };
}

/** The entries of the parts that may say something of the days, as a run finds them. */
async function readLedger(
  root: string,
  instrument: Instrument,
  days: readonly Day[],
): Promise<Map<string, LedgerEntry>> {
  const ledger = openLedger(root, instrument);
  const find = (first: Day, last: Day) => findReceiptDays(root, instrument, ledger, first, last);
  const known = { ledger, fresh: [], findReceiptDays: find };
  const entries = new Map<string, LedgerEntry>();
  for (const day of days) {
    for (const entry of await readPartsOfDays(known, day, day)) entries.set(entry.part, entry);
  }
  return entries;
}

function findNearest(
  { bars, trades }: InstrumentDays,
  find: (days: readonly Day[]) => Day | undefined,
): Day[] {
  return [...new Set([find(bars), find(trades)])].filter((day) => day !== undefined);
}
