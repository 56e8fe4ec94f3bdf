// Puts right what verification has found wrong and what its parts still prove: the day is derived again
// and published in place of what stands. Where the parts are gone, the transformer describes what it
// can. Fetches nothing, and deletes nothing but a day's bars where the parts give none.

import { rm } from 'node:fs/promises';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import { renewTails } from '../../transformer/live/renew-tails.ts';
import { renewCatalog } from '../../transformer/renew-catalog.ts';
import { transformLake } from '../../transformer/transform-lake.ts';
import { type DayReport, judgeDay } from './day-report.ts';
import { deriveStoredDay } from './derive-day.ts';
import { publishDay } from './publish-day.ts';
import { readStoredDay } from './stored-day.ts';
import { type VerifyContext, withVerifyRun } from './verify-lake.ts';
import type { VerifyRun } from './verify-run.ts';

/** A transform in progress is waited for. */
const lockWithinMs = 3_600_000;

/** The reports of the days on which a repair was tried. What fails is logged. */
export async function repair(
  context: VerifyContext,
  reports: readonly DayReport[],
): Promise<DayReport[]> {
  const { log, signal } = context;
  const repairable = reports.filter(isRepairable);
  for (const report of repairable) {
    if (signal.aborted) break;
    const { instrument, day, findings } = report;
    const name = `${instrument.exchange}/${instrument.symbol} ${day}`;
    const checks = [...new Set(findings.map(({ check }) => check))].join(', ');
    log.warn(`repair ${name}: ${checks}`);
    try {
      await repairDay(context, report);
    } catch (thrown) {
      log.error(`repair ${name}: ${formatReason(thrown)}`);
    }
  }
  return repairable;
}

/** A day that is to be rebuilt, and whose parts are what they were. */
function isRepairable(report: DayReport): boolean {
  const acute = report.findings.filter(({ severity }) => severity !== 'note');
  const remedies = acute.map(({ remedy }) => remedy);
  const isWanted = judgeDay(report) === 'wrong' || report.derived === 'none';
  return isWanted && remedies.includes('rebuild') && !remedies.includes('restore');
}

async function repairDay(context: VerifyContext, { instrument, day, derived }: DayReport) {
  if (derived === 'raw gone') {
    const { failures } = await transformLake(context, { ...instrument, date: day }, renewCatalog);
    if (failures.length > 0) throw new OperationalError(failures[0]!);
    return;
  }
  await withVerifyRun(context, 0, (run) => rebuildDay(run, context, instrument, day));
  await renewTails(context, [instrument]);
}

/** Under the transformer's lock, so that nothing is published meanwhile. */
async function rebuildDay(
  run: VerifyRun,
  { signal }: VerifyContext,
  instrument: Instrument,
  day: string,
): Promise<void> {
  const lock = await awaitLock(run.root, 'transform', { withinMs: lockWithinMs, signal });
  try {
    const stored = await readStoredDay(run.root, instrument, day);
    const derived = await deriveStoredDay(run, instrument, stored);
    if (run.isStopped()) throw new OperationalError(`rebuild ${day}: stopped`);
    if ('reason' in derived) throw new OperationalError(`rebuild ${day}: ${derived.what}`);
    await publishDay(run, instrument, stored, derived);
  } finally {
    await rm(run.scratch, { recursive: true, force: true });
    await lock.release();
  }
}
