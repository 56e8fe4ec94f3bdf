// When the disk of a lake is full, by what lies of each of its last days and how long the configuration
// keeps it. Holds no effects.

import type { Config } from '../../lake/config.ts';
import type { Day } from '../../lake/day.ts';
import { type DiskStock, findDailyBytes, forecastFullInDays } from '../../lake/disk-forecast.ts';
import type { DailyUsage } from './lake-usage.ts';

type Keeping = Pick<Config, 'cleanup' | 'gcs' | 's3' | 'folder'>;

/** Days until it is full; null where that is not foreseen, or no day is over that tells. */
export function foretellDisk(
  config: Keeping,
  { raw, partitions }: DailyUsage,
  freeBytes: number,
  today: Day,
): number | null {
  const rawPerDay = findDailyBytes(raw, today);
  if (rawPerDay === undefined) return null;
  const stocks: DiskStock[] = [
    { bytes: sum(raw), bytesPerDay: rawPerDay, keptDays: config.cleanup.raw_retention_days },
    {
      bytes: sum(partitions),
      bytesPerDay: findDailyBytes(partitions, today) ?? 0,
      keptDays: findPartitionDays(config),
    },
  ];
  return forecastFullInDays(freeBytes, stocks);
}

/** Days for which Parquet files are kept on this disk; undefined: for ever. */
export function findPartitionDays({ gcs, s3, folder }: Keeping): number | undefined {
  const stores = [
    { isUsed: gcs.bucket_name !== '', ...gcs },
    { isUsed: s3.bucket_name !== '', ...s3 },
    { isUsed: folder.path !== '', ...folder },
  ];
  const releasing = stores.filter((store) => store.isUsed && store.delete_after_upload);
  if (releasing.length === 0) return undefined;
  return Math.max(...releasing.map((store) => store.upload_retention_days));
}

function sum(byDay: ReadonlyMap<Day, number>): number {
  return [...byDay.values()].reduce((total, bytes) => total + bytes, 0);
}
