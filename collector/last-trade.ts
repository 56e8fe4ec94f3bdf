// The last trade of a symbol that an earlier run has left: by the newest raw manifests, or, where the raw
// parts are gone already, by the newest trades partition. From it the first trade after a start shows
// what was missed meanwhile. Parts that a backfill has written don't count: they may hold trades of years
// ago. Reads only; every part must have been described before.

import { addDays, type Day, formatDay, isDay } from '../lake/day.ts';
import { listNames } from '../lake/durable.ts';
import { findErrorCode, formatReason, OperationalError } from '../lake/errors.ts';
import { type Instrument, partitionManifestPath, rawDayDir, rawDir } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { type PartRecord, readLatestPartRecords } from '../lake/part-manifest.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';

/** `timeUs` is the trade's, or the newest we know of its part; 0 where it is not known. */
export type LastTrade = { id: number; timeUs: number };

/** Parts looked at per day, newest first: they are sealed in order, but for those a crash has left. */
const partsPerDay = 50;
/** Days looked at, newest first; a symbol that has not traded for longer starts anew. */
const maxDays = 31;

/** The newest trade on disk, or undefined where there is none. `nowUs` is the wall clock. */
export async function findLastTrade(
  root: string,
  instrument: Instrument,
  nowUs: number,
  log: Log,
): Promise<LastTrade | undefined> {
  const inParts = await findInParts(root, instrument);
  if (inParts !== undefined) return inParts;
  try {
    return await findInPartitions(root, instrument, nowUs);
  } catch (thrown) {
    if (!(thrown instanceof OperationalError) && findErrorCode(thrown) === undefined) throw thrown;
    // Nothing derived may keep the collector from starting.
    const hint = 'what was missed before this start is found by --mode backfill';
    log.warn(`${formatReason(thrown)}; ${instrument.symbol} starts anew`, { hint });
    return undefined;
  }
}

async function findInParts(root: string, instrument: Instrument): Promise<LastTrade | undefined> {
  const days = (await listNames(rawDir(root, instrument))).filter(isDay).reverse();
  for (const day of days.slice(0, maxDays)) {
    const dayDir = rawDayDir(root, instrument, day);
    const records = await readLatestPartRecords(dayDir, partsPerDay, hasFrames);
    let last: LastTrade | undefined;
    for (const { last_trade_id: id, last_event: timeUs } of records) {
      if (id !== null && (last === undefined || id > last.id)) last = { id, timeUs: timeUs ?? 0 };
    }
    if (last !== undefined) return last;
  }
  return undefined;
}

function hasFrames({ streams }: PartRecord): boolean {
  return Object.values(streams).some((frames) => frames > 0);
}

async function findInPartitions(
  root: string,
  instrument: Instrument,
  nowUs: number,
): Promise<LastTrade | undefined> {
  // The day after today too: the local clock may be behind the exchange's.
  let day: Day = addDays(formatDay(nowUs), 1);
  for (let age = 0; age <= maxDays; age++, day = addDays(day, -1)) {
    const path = partitionManifestPath(root, 'trades', instrument, day);
    const manifest = await readPartitionManifest(path);
    if (manifest !== undefined && manifest.last_trade_id !== null) {
      const timeUs = Date.parse(manifest.last_second ?? '') * 1000;
      return { id: manifest.last_trade_id, timeUs: Number.isNaN(timeUs) ? 0 : timeUs };
    }
  }
  return undefined;
}
