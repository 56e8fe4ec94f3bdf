// Which partitions of an instrument exist, and which of them a range of time concerns.

import { join } from 'node:path';
import { type Day, isDay } from '../lake/day.ts';
import { listNames } from '../lake/durable.ts';
import { type Dataset, datasetDir, type Instrument, transformStateDir } from '../lake/layout.ts';

/** Days that have a partition of the dataset, ascending. */
export async function listPartitionDays(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
): Promise<Day[]> {
  const top = join(datasetDir(root, dataset), instrument.exchange, instrument.symbol);
  const days: Day[] = [];
  for (const name of await listNames(top, true)) {
    const match = /year=(\d{4})\/month=(\d{2})\/day=(\d{2})\/(.+)$/.exec(
      name.replaceAll('\\', '/'),
    );
    if (match?.[4] === `${dataset}.parquet`) days.push(`${match[1]}-${match[2]}-${match[3]}`);
  }
  return days.sort();
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
