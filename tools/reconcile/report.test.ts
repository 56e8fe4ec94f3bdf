import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSystemClock } from '../../lake/clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import type { ModeContext } from '../../lake/mode.ts';
import { type DayMemory, emptyMemory, writeMemory } from './memory.ts';
import { type Outcome, reportRun } from './report.ts';

const day = '2026-03-03';
const wrong: DayMemory = {
  ...{ compared: [], source: 'rest', bars_sha256: '', checked_at: '2026-03-04T00:00:00Z' },
  ...{ is_finished: true, is_filled: true, first_unresolved: '2026-03-03T10:00:00Z' },
  ...{ differences: 1, missing_here: 0, missing_there: 0 },
};

it('calls for a person over what it has looked at, not over the same day of another symbol', async () => {
  const root = await mkdtemp(join(tmpdir(), 'report-'));
  const [one, other] = ['ADAUSDT', 'BTCUSDT'].map((symbol) => ({ exchange: 'binance', symbol }));
  for (const { symbol } of [one!, other!]) {
    await mkdir(join(root, 'parquet/binance', symbol), { recursive: true });
  }
  await writeMemory(root, other!, { ...emptyMemory, days: { [day]: wrong } });
  const errors: unknown[] = [];
  const context = {
    config: parseConfig(`root: ${root}`, {}),
    clock: openSystemClock(),
    log: { ...silentLog, error: (what: unknown) => void errors.push(what) },
  } as unknown as ModeContext;
  const seen = { summary: undefined, source: 'rest', comparedTo: 1, hasNewFile: false } as const;
  const report = (instrument: Outcome['instrument'], memory: Outcome['memory']) => {
    const results = [{ day, memory, ...seen }];
    const outcomes = [{ instrument, memory, results, error: undefined, isLeft: false }];
    return reportRun(context, { startedUs: 0, date: undefined, outcomes });
  };
  expect(await report(one!, emptyMemory)).toBe(0);
  expect(errors).toEqual([]);
  expect(await report(other!, { ...emptyMemory, days: { [day]: wrong } })).toBe(1);
  expect(errors).toEqual([
    expect.stringMatching(/^reconcile binance\/BTCUSDT 2026-03-03: differs/),
  ]);
  await rm(root, { recursive: true });
});
