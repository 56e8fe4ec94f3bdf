// Which partitions of an instrument exist, and which of them a range of time concerns.

import { join } from 'node:path';
import { type Day, isDay } from '../lake/day.ts';
import { listNames } from '../lake/durable.ts';
import {
  type Dataset,
  datasetDir,
  type Instrument,
  partitionManifestPath,
  transformStateDir,
} from '../lake/layout.ts';
import { type PartitionInput, readPartitionManifest } from '../lake/partition-manifest.ts';

/** Days that have a partition of the dataset, ascending. */
export function listPartitionDays(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
): Promise<Day[]> {
  return listDaysWith(root, dataset, instrument, `${dataset}.parquet`);
}

/** Days that have a manifest of the dataset, ascending. */
export function listManifestDays(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
): Promise<Day[]> {
  return listDaysWith(root, dataset, instrument, `${dataset}.manifest.json`);
}

/** Days of which a Parquet file is not here but noted to lie in a store, ascending. */
export async function listAwayDays(root: string, instrument: Instrument): Promise<Day[]> {
  const days = new Set<Day>();
  for (const dataset of ['bars_1s', 'trades'] as const) {
    const noted = await listDaysWith(root, dataset, instrument, `${dataset}.uploaded.json`);
    if (noted.length === 0) continue;
    const here = new Set(await listPartitionDays(root, dataset, instrument));
    for (const day of noted) if (!here.has(day)) days.add(day);
  }
  return [...days].sort();
}

/** Days in which a file was staged and never renamed. */
export async function listStagedDays(root: string, instrument: Instrument): Promise<Day[]> {
  const days: Day[] = [];
  for (const dataset of ['bars_1s', 'trades'] as const) {
    for (const ending of ['parquet', 'manifest.json']) {
      days.push(...(await listDaysWith(root, dataset, instrument, `${dataset}.${ending}.staged`)));
    }
  }
  return days;
}

async function listDaysWith(
  root: string,
  dataset: Dataset,
  { exchange, symbol }: Instrument,
  fileName: string,
): Promise<Day[]> {
  const days: Day[] = [];
  for (const name of await listNames(join(datasetDir(root, dataset), exchange, symbol), true)) {
    const match = /year=(\d{4})\/month=(\d{2})\/day=(\d{2})\/(.+)$/.exec(
      name.replaceAll('\\', '/'),
    );
    if (match?.[4] === fileName) days.push(`${match[1]}-${match[2]}-${match[3]}`);
  }
  return days.sort();
}

/** The part names a day's partitions were made of, as far as their manifests can be read. */
export async function readInputs(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<Map<string, PartitionInput>> {
  const inputs = new Map<string, PartitionInput>();
  for (const dataset of ['trades', 'bars_1s'] as const) {
    const path = partitionManifestPath(root, dataset, instrument, day);
    const manifest = await readPartitionManifest(path).catch(() => undefined);
    for (const input of manifest?.inputs ?? []) inputs.set(input.part, input);
  }
  return inputs;
}

const quoteSecondsSuffix = '.quotes.parquet';

/** Days for which quote seconds are kept, ascending. */
export async function listQuoteDays(root: string, instrument: Instrument): Promise<Day[]> {
  const names = await listNames(transformStateDir(root, instrument));
  return names
    .filter((name) => name.endsWith(quoteSecondsSuffix))
    .map((name) => name.slice(0, -quoteSecondsSuffix.length))
    .filter(isDay)
    .sort();
}

/** What is kept of a day's quotes: `state/transform/<exchange>/<SYMBOL>/<day>.quotes.parquet`. */
export function quoteSecondsPath(root: string, instrument: Instrument, day: Day): string {
  return join(transformStateDir(root, instrument), `${day}${quoteSecondsSuffix}`);
}

/** The days from `first` to `last`, and the nearest one before and after. */
export function selectNearDays(days: readonly Day[], first: Day, last: Day): Day[] {
  const before = days.filter((day) => day < first).at(-1);
  const inside = days.filter((day) => day >= first && day <= last);
  const after = days.find((day) => day > last);
  return [before, ...inside, after].filter((day) => day !== undefined);
}
