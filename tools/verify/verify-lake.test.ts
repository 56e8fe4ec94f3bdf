import { expect, it } from 'vitest';
import { openSystemClock } from '../../lake/clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import { makeDescribedLake, wholeDay } from '../../tests/described-lake.ts';
import type { ScratchLake } from '../../tests/scratch-lake.ts';
import { judgeDay } from './day-report.ts';
import { verifyLake } from './verify-lake.ts';

function verify({ root }: ScratchLake, scope: { date?: string } = {}) {
  const signal = new AbortController().signal;
  const config = parseConfig(`root: ${root}`, {});
  return verifyLake({ config, clock: openSystemClock(), signal, log: silentLog }, scope);
}

it('finds nothing wrong in a lake as the transformer leaves it', async () => {
  const reports = await verify(await makeDescribedLake());
  expect(reports.map((report) => [report.day, judgeDay(report), report.derived])).toEqual([
    ['2026-03-01', 'incomplete', 'equal'],
    [wholeDay, 'ok', 'equal'],
    ['2026-03-03', 'incomplete', 'equal'],
  ]);
});
