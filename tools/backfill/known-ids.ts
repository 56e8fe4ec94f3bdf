// Which trade ids the lake has, day by day, as the manifests of the trades say. What a manifest said
// last is remembered in `state/backfill/<exchange>/<SYMBOL>.days.json`, so that a look at years of days
// costs a look at the times of their files.

import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Day } from '../../lake/day.ts';
import { readTextIfPresent, writeFileDurably } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import { type Instrument, partitionManifestPath } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { listAwayDays, listPartitionDays } from '../../transformer/partitions.ts';
import { knownDaysPath } from './backfill-state.ts';

const knownDaySchema = z.object({
  day: z.string(),
  /** Lowest and highest trade id of the day. */
  first: z.int(),
  last: z.int(),
  /** As in the manifest: of the day, and before its first trade as far as an earlier one is known. */
  missing: z.array(z.tuple([z.int(), z.int()])),
  /** Seconds of the day that have no bar. */
  secondsMissing: z.int(),
  /** Time of change of both manifests, by which they are known to be the same. */
  stamp: z.string(),
});

export type KnownDay = z.infer<typeof knownDaySchema>;

/** The days of an instrument that hold a trade, here or away, ascending. */
export async function readKnownDays(root: string, instrument: Instrument): Promise<KnownDay[]> {
  const path = knownDaysPath(root, instrument);
  const remembered = parseRemembered(await readTextIfPresent(path));
  const days: KnownDay[] = [];
  let isChanged = false;
  const here = await listPartitionDays(root, 'trades', instrument);
  const stored = new Set([...here, ...(await listAwayDays(root, instrument))]);
  for (const day of [...stored].sort()) {
    const stamp = await readStamp(root, instrument, day);
    const before = remembered.get(day);
    if (before?.stamp === stamp) days.push(before);
    else {
      const known = await readKnownDay(root, instrument, day, stamp);
      if (known !== undefined) days.push(known);
      isChanged = true;
    }
  }
  if (isChanged) await writeFileDurably(path, `${JSON.stringify(days)}\n`);
  return days;
}

async function readKnownDay(
  root: string,
  instrument: Instrument,
  day: Day,
  stamp: string,
): Promise<KnownDay | undefined> {
  const trades = await readPartitionManifest(
    partitionManifestPath(root, 'trades', instrument, day),
  );
  const bars = await readPartitionManifest(partitionManifestPath(root, 'bars_1s', instrument, day));
  if (trades === undefined || trades.first_trade_id === null) return undefined;
  return {
    day,
    first: trades.first_trade_id,
    last: trades.last_trade_id ?? trades.first_trade_id,
    missing: trades.missing_trade_ids,
    secondsMissing: 86_400 - (bars?.seconds_covered ?? 0),
    stamp,
  };
}

async function readStamp(root: string, instrument: Instrument, day: Day): Promise<string> {
  const stamps = (['trades', 'bars_1s'] as const).map(async (dataset) => {
    const path = partitionManifestPath(root, dataset, instrument, day);
    try {
      const { mtimeNs, size, ino } = await stat(path, { bigint: true });
      return `${mtimeNs}-${size}-${ino}`;
    } catch (thrown) {
      if (findErrorCode(thrown) === 'ENOENT') return 'absent';
      throw thrown;
    }
  });
  return (await Promise.all(stamps)).join(' ');
}

/** What cannot be read is read from the manifests again. */
function parseRemembered(text: string | undefined): Map<Day, KnownDay> {
  const days = z.array(knownDaySchema).safeParse(findJson(text ?? '[]')).data ?? [];
  return new Map(days.map((day) => [day.day, day]));
}
