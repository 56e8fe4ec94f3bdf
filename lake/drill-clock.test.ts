import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDrillClock } from './drill-clock.ts';

it('follows the file soon, and leaves the monotonic clock alone', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'crypto-lake-clock-')), 'offset');
  let nowMs = 1000;
  const clock = { nowUs: () => 5_000_000, monotonicMs: () => nowMs };
  await writeFile(path, '0');
  const drillClock = openDrillClock(clock, path);
  await writeFile(path, '-3600000000');
  expect(drillClock.nowUs()).toBe(5_000_000);
  nowMs = 1200;
  expect(drillClock.nowUs()).toBe(5_000_000 - 3_600_000_000);
  expect(drillClock.monotonicMs()).toBe(1200);
});

it('refuses a file that holds no number', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'crypto-lake-clock-')), 'offset');
  await writeFile(path, 'noon');
  const clock = { nowUs: () => 0, monotonicMs: () => 0 };
  expect(() => openDrillClock(clock, path)).toThrow(/^read clock of drill .*: it holds no number$/);
});
