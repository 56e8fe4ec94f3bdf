// Finds days whose partitions are not as a run has left them: cheap enough for every run. What was looked
// at once is known by its sizes and times (`state/transform/<exchange>/<SYMBOL>/sound.json`, which can be
// lost) and not opened again until these change; a Parquet file that has is compared with its checksum. Bits
// that have rotted are found by mode `verify`. A file that was sent away to a store is not missing.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readAway } from '../lake/away.ts';
import type { Day } from '../lake/day.ts';
import { readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { formatReason } from '../lake/errors.ts';
import { findJson } from '../lake/json.ts';
import {
  awayPath,
  type Dataset,
  type Instrument,
  partitionManifestPath,
  partitionPath,
  transformStateDir,
} from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { findParquetFault } from './parquet-file.ts';
import { listManifestDays, listPartitionDays, quoteSecondsPath } from './partitions.ts';
import { digestFile } from './parts.ts';

/** What is wrong with a day, and which of its files cannot be used. */
export type Fault = {
  day: Day;
  what: string;
  damaged: ('data' | 'manifest' | 'quotes')[];
  /** Parquet files that are there and not what they were: some reader may fail on them. */
  suspects: string[];
  /** A Parquet file of it lies in a store alone: that is where to repair it from. */
  isAway: boolean;
};

const soundSchema = z.record(z.string(), z.string());
const datasets: readonly Dataset[] = ['bars_1s', 'trades'];

/** The days that are not sound. A day of which no file is left was removed on purpose. */
export async function findFaults(root: string, instrument: Instrument): Promise<Fault[]> {
  const path = join(transformStateDir(root, instrument), 'sound.json');
  const known = parseSound(await readTextIfPresent(path));
  const sound: Record<Day, string> = {};
  const faults: Fault[] = [];
  for (const day of await listDays(root, instrument)) {
    const signature = sign(root, instrument, day);
    if (known[day] === signature) {
      sound[day] = signature;
      continue;
    }
    const fault = await examineDay({ root, instrument, day, before: known[day], signature });
    if (fault === undefined) sound[day] = signature;
    else faults.push(fault);
  }
  if (JSON.stringify(sound) !== JSON.stringify(known)) {
    await writeFileDurably(path, JSON.stringify(sound));
  }
  return faults;
}

/** Notes the days as a run has written them. */
export async function rememberSound(
  root: string,
  instrument: Instrument,
  days: readonly Day[],
): Promise<void> {
  if (days.length === 0) return;
  const path = join(transformStateDir(root, instrument), 'sound.json');
  const sound = parseSound(await readTextIfPresent(path));
  for (const day of days) sound[day] = sign(root, instrument, day);
  await writeFileDurably(path, JSON.stringify(sound));
}

function parseSound(text: string | undefined): Record<Day, string> {
  // Without it everything is looked at again.
  return soundSchema.safeParse(findJson(text ?? '{}')).data ?? {};
}

async function listDays(root: string, instrument: Instrument): Promise<Day[]> {
  const days = new Set<Day>();
  for (const dataset of datasets) {
    for (const day of await listPartitionDays(root, dataset, instrument)) days.add(day);
    for (const day of await listManifestDays(root, dataset, instrument)) days.add(day);
  }
  return [...days].sort();
}

/**
 * Sizes and times of the day's files, `-` for one that is not there, the note for one that is away; the quote
 * seconds last.
 */
function sign(root: string, instrument: Instrument, day: Day): string {
  const measure = (path: string) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && `${found.size}@${found.mtimeMs}`;
  };
  const signatures = datasets.flatMap((dataset) => {
    const away = measure(awayPath(root, dataset, instrument, day));
    return [
      measure(partitionPath(root, dataset, instrument, day)) ?? (away && `away:${away}`),
      measure(partitionManifestPath(root, dataset, instrument, day)),
    ];
  });
  signatures.push(measure(quoteSecondsPath(root, instrument, day)));
  return signatures.map((signature) => signature ?? '-').join(' ');
}

type Examination = {
  root: string;
  instrument: Instrument;
  day: Day;
  /** The signature by which the day was known to be sound; undefined where that was lost. */
  before: string | undefined;
  /** As it is now. */
  signature: string;
};

async function examineDay(examination: Examination): Promise<Fault | undefined> {
  const { root, instrument, day, before } = examination;
  const found: { what: string; damaged: Fault['damaged'][number] }[] = [];
  const suspects: string[] = [];
  let hasTrades = false;
  let isAway = false;
  let isStateAway = false;
  for (const dataset of datasets) {
    const path = partitionPath(root, dataset, instrument, day);
    let data = findParquetFault(path);
    const manifestPath = partitionManifestPath(root, dataset, instrument, day);
    const manifest = await readPartitionManifest(manifestPath).catch(formatReason);
    if (data === 'is missing') {
      const away = await readAway(root, dataset, instrument, day).catch(formatReason);
      const wanted = typeof manifest === 'object' ? manifest.sha256 : undefined;
      if (typeof away === 'object' && away.sha256 === wanted) {
        data = undefined;
        isStateAway ||= away.state_deleted_at !== undefined;
      }
      // Where the note or the manifest cannot be read nothing says that it is not.
      const isUnclear = typeof away !== 'object' || wanted === undefined;
      isAway ||= away !== undefined && (data === undefined || isUnclear);
    }
    if (dataset === 'trades' && data === 'is missing' && manifest === undefined && !hasTrades)
      continue;
    if (data !== undefined) found.push({ what: `${dataset}.parquet ${data}`, damaged: 'data' });
    if (data !== undefined && data !== 'is missing') suspects.push(path);
    if (typeof manifest === 'object') {
      hasTrades ||= manifest.first_trade_id !== null;
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined) continue;
      if (data === undefined && manifest.bytes !== undefined && size !== manifest.bytes) {
        const what = `${dataset}.parquet has ${size} bytes, its manifest says ${manifest.bytes}`;
        found.push({ what, damaged: 'data' });
        suspects.push(path);
      } else if (data === undefined && (await isAltered(examination, path, manifest.sha256))) {
        const what = `${dataset}.parquet is not the file its manifest describes`;
        found.push({ what, damaged: 'data' });
        suspects.push(path);
      }
    } else {
      const what = `${dataset}.manifest.json is ${manifest === undefined ? 'missing' : 'damaged'}`;
      found.push({ what, damaged: 'manifest' });
    }
  }
  const quotes = findParquetFault(quoteSecondsPath(root, instrument, day));
  // Bars derived without them would lose their quotes, so a day of which nothing is known had some.
  const hadQuotes = before?.endsWith('-') !== true && !isStateAway;
  if (quotes === 'is missing' ? hadQuotes : quotes !== undefined) {
    found.push({ what: `the file of its quote seconds ${quotes}`, damaged: 'quotes' });
  }
  if (found.length === 0) return undefined;
  return {
    day,
    what: found.map(({ what }) => what).join(', '),
    damaged: found.map(({ damaged }) => damaged),
    suspects,
    isAway,
  };
}

/** Whether the file was written since it was known to be sound, and has another checksum. */
async function isAltered(
  { before, signature }: Examination,
  path: string,
  sha256: string,
): Promise<boolean> {
  const at = datasets.findIndex((dataset) => path.endsWith(`/${dataset}.parquet`)) * 2;
  if (before?.split(' ')[at] === signature.split(' ')[at]) return false;
  return (await digestFile(path)) !== sha256;
}
