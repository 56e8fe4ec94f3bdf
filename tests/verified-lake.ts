// Verification of a lake in tests: its reports, and a verdict per day as short as it gets.

import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { type DayReport, judgeDay } from '../tools/verify/day-report.ts';
import { type VerifyScope, verifyLake } from '../tools/verify/verify-lake.ts';

/** The reports of a verification of the lake at `root`. */
export function verifyRoot(root: string, scope: VerifyScope = {}): Promise<DayReport[]> {
  const signal = new AbortController().signal;
  // With another number of threads than described lakes are made with: the bytes must be the same.
  const config = parseConfig(`root: ${root}\ntransformer: { threads: 1 }`, {});
  return verifyLake({ config, clock: openSystemClock(), signal, log: silentLog }, scope);
}

/** `2026-03-01 wrong (equal): part-checksum, seconds-missing` for each day. */
export function summarizeReports(reports: readonly DayReport[]): string[] {
  return reports.map((report) => {
    const checks = [...new Set(report.findings.map(({ check }) => check))];
    return `${report.day} ${judgeDay(report)} (${report.derived}): ${checks.join(', ')}`;
  });
}

/** A copy of the lake to be damaged. */
export async function copyLake(root: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'lake-copy-'));
  await cp(root, copy, { recursive: true });
  return copy;
}
