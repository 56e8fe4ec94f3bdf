import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { findPartitionDays, foretellDisk } from './disk-outlook.ts';

const days = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
const each = (bytes: number) => new Map(days.map((day) => [day, bytes]));

describe('foretellDisk', () => {
  const config = parseConfig('cleanup: { raw_retention_days: 5 }', {});

  it('counts raw parts until they are as old as they are kept, and partitions on', () => {
    // One more day of raw parts, then partitions alone.
    const usage = { raw: each(100), partitions: each(10) };
    expect(foretellDisk(config, usage, 200, '2026-03-04')).toBe(10);
  });

  it('says nothing before a whole day is over', () => {
    const usage = { raw: new Map([['2026-03-04', 100]]), partitions: new Map() };
    expect(foretellDisk(config, usage, 200, '2026-03-04')).toBeNull();
    expect(foretellDisk(config, usage, 200, '2026-03-05')).toBeNull();
  });
});

describe('findPartitionDays', () => {
  it.each([
    ['for ever without a store', '', undefined],
    ['for ever where the store deletes nothing here', 'gcs: { bucket_name: b }', undefined],
    ['for ever where the setting is of no store', 's3: { delete_after_upload: true }', undefined],
    [
      'as long as the slowest store that deletes says',
      `gcs: { bucket_name: b, delete_after_upload: true, upload_retention_days: 3 }
folder: { path: /x, delete_after_upload: true, upload_retention_days: 30 }`,
      30,
    ],
  ])('%s', (_, yaml, expected) => {
    expect(findPartitionDays(parseConfig(yaml, {}))).toBe(expected);
  });
});
