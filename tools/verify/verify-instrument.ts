// Verifies one instrument day by day, oldest first. What is stored is only read; a day that a run
// publishes meanwhile is verified once more.

import { addDays, type Day } from '../../lake/day.ts';
import { readDeletedParts } from '../../lake/deleted-parts.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { formatReason } from '../../lake/errors.ts';
import { DatabaseLostError } from '../../lake/kept-session.ts';
import { type Instrument, partitionManifestPath } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { compareWithDerived } from './compare-derived.ts';
import { measureCompleteness } from './completeness.ts';
import { type DayReport, judgeDay } from './day-report.ts';
import type { Finding } from './finding.ts';
import { checkLedger } from './ledger-check.ts';
import { checkFiles, checkManifests } from './manifest-check.ts';
import { checkRawDay, readRawDay } from './raw-day.ts';
import { isSameDay, readStoredDay, type StoredDay } from './stored-day.ts';
import { readStoredFacts } from './stored-facts.ts';
import { listInstrumentDays, type VerifyRun } from './verify-run.ts';

/** How often a day is looked at that a run keeps publishing, or whose parts cleanup deletes. */
const maxLooks = 3;

/** Reports of the instrument's days, or of `date` alone. Ends early when the run is stopped. */
export async function* verifyInstrument(
  run: VerifyRun,
  instrument: Instrument,
  date: Day | undefined,
): AsyncGenerator<DayReport> {
  const { bars, trades, raw } = await listInstrumentDays(run.root, instrument);
  const days = [...new Set([...bars, ...trades, ...raw])].sort();
  for (const day of days.filter((each) => each === (date ?? each))) {
    if (run.isStopped()) return;
    const report = await verifyDay(run, instrument, day);
    // What was cut short says nothing.
    if (!run.isStopped()) yield report;
    run.reader.forget(addDays(day, -1));
  }
}

async function verifyDay(run: VerifyRun, instrument: Instrument, day: Day): Promise<DayReport> {
  for (let look = 1; ; look++) {
    const deleted = await countDeleted(run.root, instrument, day);
    const stored = await readStoredDay(run.root, instrument, day);
    const report = await lookAtDay(run, instrument, stored);
    // What is whole and equal belonged together.
    if (judgeDay(report) !== 'wrong') return report;
    const isSame =
      isSameDay(stored, await readStoredDay(run.root, instrument, day)) &&
      deleted === (await countDeleted(run.root, instrument, day));
    if (isSame) return report;
    if (look === maxLooks) {
      const what = `has changed ${maxLooks} times while it was verified; verify it again`;
      return { ...report, findings: [{ severity: 'missing', check: 'republished', what }] };
    }
  }
}

/** Parts that cleanup has deleted, of the day and of those beside it, in whose folders parts of it lie. */
async function countDeleted(root: string, instrument: Instrument, day: Day): Promise<number> {
  const days = [addDays(day, -1), day, addDays(day, 1)];
  const deleted = await Promise.all(days.map((one) => readDeletedParts(root, instrument, one)));
  return deleted.reduce((sum, { size }) => sum + size, 0);
}

async function lookAtDay(
  run: VerifyRun,
  instrument: Instrument,
  stored: StoredDay,
): Promise<DayReport> {
  const { root, sessions } = run;
  const { day } = stored;
  const { trades: tradeDays } = await listInstrumentDays(root, instrument);
  const raw = await readRawDay(root, instrument, day);
  const checkStored = async (session: DuckdbSession) => {
    const facts = await readStoredFacts(session, stored);
    const previous = await findPreviousTradeId(root, instrument, stored, tradeDays);
    const completeness = measureCompleteness(stored, facts, previous, run.nowUs());
    const comparison = await compareWithDerived(run, instrument, stored);
    const findings: Finding[] = [
      ...checkFiles(stored),
      ...facts.findings,
      ...checkManifests(stored, facts, previous),
      ...comparison.findings,
      ...completeness.findings,
    ];
    const isRead = facts.bars !== undefined || facts.trades !== undefined;
    return {
      derived: comparison.derived,
      findings,
      completeness: isRead ? completeness : undefined,
    };
  };
  // Hashing is this thread's work, deriving is DuckDB's.
  const [ofParts, ofStored] = await Promise.all([
    checkRawDay(raw, instrument, run.reader, await run.isCollecting()),
    sessions.use(checkStored).catch(describeLostDatabase),
  ]);
  const ofRuns = await checkLedger(run.root, instrument, raw, stored);
  const findings = dropEchoes([...ofParts, ...ofRuns, ...ofStored.findings]);
  return { instrument, day, ...ofStored, findings };
}

/** A day that ends a database each time it is asked of is no reason not to look at the others. */
function describeLostDatabase(
  thrown: unknown,
): Pick<DayReport, 'derived' | 'findings' | 'completeness'> {
  if (!(thrown instanceof DatabaseLostError)) throw thrown;
  const finding: Finding = { severity: 'wrong', check: 'database', what: formatReason(thrown) };
  return { derived: 'not possible', findings: [finding], completeness: undefined };
}

/** A key that differs both from the data and from what the parts give is said once. */
function dropEchoes(findings: readonly Finding[]): Finding[] {
  const said = new Set<string>();
  return findings.filter(({ check, what }) => {
    if (!check.startsWith('manifest-')) return true;
    const key = `${check} ${what.split(':', 1)[0]}`;
    const isNew = !said.has(key);
    said.add(key);
    return isNew;
  });
}

/** The last trade id known before the day: where it cannot be read, the one the day itself goes by. */
async function findPreviousTradeId(
  root: string,
  instrument: Instrument,
  stored: StoredDay,
  tradeDays: readonly Day[],
): Promise<number | undefined> {
  const previous = tradeDays.filter((day) => day < stored.day).at(-1);
  if (previous === undefined) return undefined;
  try {
    const path = partitionManifestPath(root, 'trades', instrument, previous);
    const manifest = await readPartitionManifest(path);
    if (manifest !== undefined) return manifest.last_trade_id ?? undefined;
  } catch {
    // Said of that day.
  }
  const own = (stored.trades ?? stored.bars_1s)?.manifest;
  const [first] = own?.missing_trade_ids ?? [];
  return first !== undefined && first[1] + 1 === own?.first_trade_id ? first[0] - 1 : undefined;
}
