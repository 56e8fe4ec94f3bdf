import { describe, expect, it } from 'vitest';
import { planLogs } from './log-retention.ts';

const day = 86_400_000;
const file = (name: string, bytes: number, daysAgo: number) => ({
  name,
  bytes,
  changedMs: 100 * day - daysAgo * day,
});
const plan = (files: ReturnType<typeof file>[], maxBytes = 1000) =>
  planLogs(files, { retentionDays: 30, maxBytes, nowMs: 100 * day }).map(({ name }) => name);

describe('planLogs', () => {
  it('deletes what was put aside long ago, and never a log that is written', () => {
    const files = [
      file('crypto-lake.log', 1, 90),
      file('crypto-lake.log.1.gz', 1, 29),
      file('crypto-lake.log.2.gz', 1, 31),
      file('cleanup.log.2026-01-01T00-00-00-000Z', 1, 40),
      file('cleanup.log', 1, 90),
    ];
    expect(plan(files)).toEqual(['cleanup.log.2026-01-01T00-00-00-000Z', 'crypto-lake.log.2.gz']);
  });

  it('deletes the oldest until all together are small enough, the live ones counted', () => {
    const files = [file('a.log', 500, 0), file('a.log.1.gz', 300, 1), file('a.log.2.gz', 300, 2)];
    expect(plan(files)).toEqual(['a.log.2.gz']);
    expect(plan(files, 100)).toEqual(['a.log.2.gz', 'a.log.1.gz']);
  });
});
