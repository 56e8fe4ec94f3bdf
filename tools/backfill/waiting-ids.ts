// Trade ids that were fetched and wait in raw parts for a day that is away: the manifests still call them
// missing, and they are not fetched again. Reads only.

import { basename } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { type Instrument, rawDayDir } from '../../lake/layout.ts';
import { readPartRecords } from '../../lake/part-manifest.ts';
import { readWaitingParts, type WaitingPart } from '../../transformer/waiting.ts';
import { type IdRange, mergeRanges } from './id-ranges.ts';

/** From the first to the last id of each part: what lies between may be asked for when it is read. */
export async function readWaitingIds(root: string, instrument: Instrument): Promise<IdRange[]> {
  const ranges: IdRange[] = [];
  const byDay = Map.groupBy(await readWaitingParts(root, instrument), findReceiptDay);
  for (const [day, parts] of byDay) {
    const records = await readPartRecords(rawDayDir(root, instrument, day));
    for (const { part } of parts) {
      const { first_trade_id: first, last_trade_id: last } = records.get(basename(part)) ?? {};
      if (first != null && last != null) ranges.push([first, last]);
    }
  }
  return mergeRanges(ranges);
}

function findReceiptDay({ part }: WaitingPart): Day {
  return part.split('/').at(-2)!;
}
