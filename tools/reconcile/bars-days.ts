// Which bars there are to compare: the instruments of the lake and their days, by the manifests. Reads
// and never writes.

import type { Day } from '../../lake/day.ts';
import { listNames } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { datasetDir, type Instrument, partitionManifestPath } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { listPartitionDays } from '../../transformer/partitions.ts';
import type { BarsDay } from './plan.ts';

export type Selection = { exchange: string | undefined; symbol: string | undefined };

/** The instruments that have bars. Throws where one was asked for and none of that name has any. */
export async function listBarsInstruments(
  root: string,
  { exchange, symbol }: Selection,
): Promise<Instrument[]> {
  const top = datasetDir(root, 'bars_1s');
  const all: Instrument[] = [];
  for (const name of await listNames(top)) {
    for (const own of await listNames(`${top}/${name}`)) all.push({ exchange: name, symbol: own });
  }
  const chosen = all.filter(
    (one) => one.exchange === (exchange ?? one.exchange) && one.symbol === (symbol ?? one.symbol),
  );
  if (chosen.length > 0 || (exchange ?? symbol) === undefined) return chosen;
  const names = all.map((one) => `${one.exchange}/${one.symbol}`);
  throw new OperationalError(`reconcile ${exchange ?? '*'}/${symbol ?? '*'}: it has no bars`, {
    hint: names.length > 0 ? `there are ${names.join(', ')}` : 'run --mode transform first',
  });
}

/** The days of an instrument that have bars, ascending. */
export async function listBarsDays(root: string, instrument: Instrument): Promise<BarsDay[]> {
  const days: BarsDay[] = [];
  for (const day of await listPartitionDays(root, 'bars_1s', instrument)) {
    const path = partitionManifestPath(root, 'bars_1s', instrument, day);
    const manifest = await readPartitionManifest(path);
    if (manifest !== undefined) days.push(toBarsDay(day, manifest));
  }
  return days;
}

function toBarsDay(
  day: Day,
  manifest: { first_second: string | null; last_second: string | null; sha256: string },
): BarsDay {
  const parse = (text: string | null) => (text === null ? null : Date.parse(text) / 1000);
  const { first_second, last_second, sha256 } = manifest;
  return { day, firstSecond: parse(first_second), lastSecond: parse(last_second), sha256 };
}
