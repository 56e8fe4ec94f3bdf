// Mode `verify`: what the lake says of itself, proven again. Reads only; with --repair it has the
// transformer make anew what fails. 1 where something is wrong; what is merely missing is said, and is
// no failure.

import { resolve } from 'node:path';
import { writeFileDurably } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { takeLock } from '../../lake/lock.ts';
import type { ModeContext, RunMode } from '../../lake/mode.ts';
import { readDay, readText } from '../../lake/mode-options.ts';
import { type DayReport, judgeDay } from './day-report.ts';
import { repair } from './repair.ts';
import { formatMarkdown, formatVerification, type Verification } from './report.ts';
import { formatScope, type VerifyScope, verifyLake } from './verify-lake.ts';

export const runVerify: RunMode = async (context) => {
  const { options, config, clock } = context;
  const scope = parseScope(options);
  const startedAt = formatTime(clock.nowUs());
  const lock = await takeLock(config.root, 'verify');
  try {
    let reports = await verifyLake(context, scope);
    if (options.repair === true) reports = await repairAll(context, reports);
    const finishedAt = formatTime(clock.nowUs());
    const asked = formatScope(scope);
    return await publish(options.report, {
      root: config.root,
      startedAt,
      finishedAt,
      scope: asked,
      reports,
    });
  } finally {
    await lock.release();
  }
};

function parseScope(options: ModeContext['options']): VerifyScope {
  return {
    exchange: readText(options, 'exchange'),
    symbol: readText(options, 'symbol'),
    date: readDay(options, 'date'),
  };
}

/** Repairs what can be, and verifies again what was repaired. */
async function repairAll(
  context: ModeContext,
  reports: readonly DayReport[],
): Promise<DayReport[]> {
  const repaired = await repair(context, reports);
  const final: DayReport[] = [];
  for (const report of reports) {
    const { instrument, day } = report;
    const isRepaired = repaired.includes(report);
    const again = isRepaired ? await verifyLake(context, { ...instrument, date: day }) : [report];
    final.push(...again);
  }
  return final;
}

async function publish(
  reportPath: string | boolean | undefined,
  verification: Verification,
): Promise<0> {
  process.stdout.write(formatVerification(verification));
  if (typeof reportPath === 'string') {
    await writeFileDurably(resolve(reportPath), formatMarkdown(verification));
  }
  const wrong = verification.reports.filter((report) => judgeDay(report) === 'wrong');
  if (wrong.length === 0) return 0;
  throw new OperationalError(
    `verify ${verification.root}: ${wrong.length} of ${verification.reports.length} days are wrong`,
    { hint: 'see the last column of the table for what to do, and --report FILE.md for all of it' },
  );
}

function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}
