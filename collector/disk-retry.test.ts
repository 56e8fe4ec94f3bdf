import { expect, test } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { DiskRetry } from './disk-retry.ts';

const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

function open() {
  const errors: unknown[] = [];
  const waits: number[] = [];
  const retry = new DiskRetry({
    log: { ...silentLog, error: (message, fields) => errors.push({ message, ...fields }) },
    random: () => 1,
    nowMs: () => 0,
    wait: async (ms) => waits.push(ms),
  });
  return { retry, errors, waits };
}

test('tries again with backoff until it succeeds, and says so once', async () => {
  const { retry, errors, waits } = open();
  let failures = 9;
  const result = await retry.run('write part x', async () => {
    if (failures-- > 0) throw full;
    return 'done';
  });
  expect(result).toBe('done');
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect(errors).toEqual([
    {
      message: 'write part x: no space left on device; trying again',
      hint: 'free space under the root, or lower cleanup.raw_retention_days; nothing is lost yet',
    },
  ]);
  expect([...retry.troubles]).toEqual([]);
});

test('knows what is in trouble while it lasts', async () => {
  const { retry } = open();
  let failures = 1;
  await retry.run('write part x', async () => {
    if (failures-- > 0) throw full;
    expect([...retry.troubles]).toMatchObject([{ what: 'write part x', sinceMs: 0 }]);
  });
});

test('gives up once abandoned', async () => {
  const { retry } = open();
  retry.abandon();
  const failing = retry.run('write part x', () => Promise.reject(full));
  await expect(failing).rejects.toThrow(
    'write part x: no space left on device; given up at the stop',
  );
});

test('does not repeat a bug', async () => {
  const { retry } = open();
  await expect(retry.run('x', () => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug');
});
