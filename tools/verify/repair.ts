// Has the transformer make anew what verification has found wrong, where its parts are there; where they
// are gone, the transformer describes what it can. Fetches nothing and deletes nothing.

import type { ModeContext } from '../../lake/mode.ts';
import { transformLake } from '../../transformer/transform-lake.ts';
import { type DayReport, judgeDay } from './day-report.ts';

/** The reports of the days that were handed to the transformer. */
export async function repair(
  context: ModeContext,
  reports: readonly DayReport[],
): Promise<DayReport[]> {
  const { log, signal } = context;
  const repairable = reports.filter(isRepairable);
  for (const { instrument, day, derived, findings } of repairable) {
    if (signal.aborted) break;
    const name = `${instrument.exchange}/${instrument.symbol} ${day}`;
    const checks = [...new Set(findings.map(({ check }) => check))].join(', ');
    log.warn(`repair ${name}: ${checks}`);
    const rebuild = derived !== 'raw gone';
    const { failures } = await transformLake(context, { ...instrument, date: day, rebuild });
    for (const failure of failures) log.error(`repair ${name}: ${failure}`);
  }
  return repairable;
}

/** A day that is to be rebuilt, and whose parts are what they were. */
export function isRepairable(report: DayReport): boolean {
  const acute = report.findings.filter(({ severity }) => severity !== 'note');
  const remedies = acute.map(({ remedy }) => remedy);
  const isWanted = judgeDay(report) === 'wrong' || report.derived === 'none';
  return isWanted && remedies.includes('rebuild') && !remedies.includes('restore');
}
