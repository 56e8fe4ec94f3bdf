// Reads what decides whether a finished day is due: the raw parts that may hold its trades, whether they are
// transformed, the gaps the collector knows of, and what the manifests lack. Writes nothing.

import { z } from 'zod';
import { addDays, type Day, startOfDayUs } from '../../lake/day.ts';
import { listNames, readTextIfPresent } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';
import {
  gapStatePath,
  type Instrument,
  parsePartFileName,
  partitionManifestPath,
  rawDayDir,
} from '../../lake/layout.ts';
import { type PartRecord, readPartRecords } from '../../lake/part-manifest.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { openLedger } from '../../transformer/ledger.ts';
import { listDayParts, type Part } from '../../transformer/parts.ts';
import { type DayFacts, endOfDayUs, type Ids } from './due.ts';

/** Gaps by `<exchange>/<SYMBOL>`. */
export type OpenGaps = ReadonlyMap<string, readonly Ids[]>;

const gapsSchema = z.record(z.string(), z.array(z.tuple([z.int(), z.int()])));

/** What the collector lacks. A file that is damaged says nothing: manifests name what is missing, too. */
export async function readOpenGaps(root: string): Promise<OpenGaps> {
  const text = (await readTextIfPresent(gapStatePath(root))) ?? '{}';
  return new Map(Object.entries(gapsSchema.safeParse(findJson(text)).data ?? {}));
}

export async function readDayFacts(
  root: string,
  instrument: Instrument,
  day: Day,
  openGaps: OpenGaps,
): Promise<DayFacts> {
  const path = partitionManifestPath(root, 'bars_1s', instrument, day);
  const manifest = await readPartitionManifest(path);
  const { first_trade_id: first = null, last_trade_id: last = null } = manifest ?? {};
  const lacking = manifest?.missing_trade_ids ?? [];
  return {
    ...(await countParts(root, instrument, day)),
    ids: first === null || last === null ? null : [first, last],
    missing: lacking.reduce((sum, [from, to]) => sum + to - from + 1, 0),
    gaps: openGaps.get(`${instrument.exchange}/${instrument.symbol}`) ?? [],
  };
}

async function countParts(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<Pick<DayFacts, 'untransformed' | 'open'>> {
  const [before, after] = [addDays(day, -1), addDays(day, 1)];
  const done = await openLedger(root, instrument).read([before, day, after]);
  const isUndone = ({ name, sha256 }: Part) => {
    const entry = done.get(name);
    return entry === undefined || (sha256 !== undefined && entry.sha256 !== sha256);
  };
  const own = await listDayParts(root, instrument, day);
  const late = await listDayParts(root, instrument, after);
  const early = await listDayParts(root, instrument, before);
  const meets = await openDayTest(root, instrument, day);
  const others = [...early, ...late].filter((part) => part === late[0] || meets(part));
  const openNow = await countOpen(root, instrument, day);
  const openFirst = late.length === 0 && (await countOpen(root, instrument, after)) > 0;
  return {
    untransformed: [...own, ...others].filter(isUndone).length,
    open: openNow + Number(openFirst),
  };
}

/** Whether events of a part of the days beside it reach into the day: clocks differ, fills are late. */
async function openDayTest(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<(part: Part) => boolean> {
  const records = new Map<string, PartRecord>();
  for (const beside of [addDays(day, -1), addDays(day, 1)]) {
    const own = await readPartRecords(rawDayDir(root, instrument, beside));
    for (const [name, record] of own) records.set(`${beside}/${name}`, record);
  }
  return ({ name, day: folder }) => {
    const record = records.get(`${folder}/${name.split('/').at(-1)}`);
    if (record === undefined || record.first_event === null || record.last_event === null) {
      return false;
    }
    return record.first_event < endOfDayUs(day) && record.last_event >= startOfDayUs(day);
  };
}

async function countOpen(root: string, instrument: Instrument, day: Day): Promise<number> {
  const names = await listNames(rawDayDir(root, instrument, day));
  return names.filter((name) => parsePartFileName(name)?.open === true).length;
}
