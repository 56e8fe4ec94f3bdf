// The files that make a day of an instrument, as they lie in a store: Parquet files, their manifests, and
// what the transformer keeps of the day, so that a late fill or the next day derives from a restored day
// exactly as from one that was never away. A file's path below the lake's root is its key.

import type { Day } from '../../lake/day.ts';
import {
  type Dataset,
  type Instrument,
  partitionManifestPath,
  partitionPath,
} from '../../lake/layout.ts';
import { ledgerPath } from '../../transformer/ledger.ts';
import { quoteSecondsPath } from '../../transformer/partitions.ts';

/** `manifest` files are sent after all others: where one is in a store, its day is. */
export type DayFileKind = 'state' | 'data' | 'manifest';

export type DayFile = { key: string; kind: DayFileKind; dataset: Dataset | undefined };

/** Datasets whose partitions have a manifest. */
export const describedDatasets = ['bars_1s', 'trades'] as const satisfies readonly Dataset[];

/** Every file a day can have, in the order in which they are sent. */
export function listDayKeys(instrument: Instrument, day: Day): DayFile[] {
  return [
    { key: ledgerKey(instrument, day), kind: 'state', dataset: undefined },
    { key: quotesKey(instrument, day), kind: 'state', dataset: undefined },
    { key: dataKey('reconcile', instrument, day), kind: 'data', dataset: 'reconcile' },
    ...describedDatasets.map(
      (dataset): DayFile => ({ key: dataKey(dataset, instrument, day), kind: 'data', dataset }),
    ),
    ...describedDatasets.map(
      (dataset): DayFile => ({
        key: manifestKey(dataset, instrument, day),
        kind: 'manifest',
        dataset,
      }),
    ),
  ];
}

export function dataKey(dataset: Dataset, instrument: Instrument, day: Day): string {
  return partitionPath('', dataset, instrument, day);
}

export function manifestKey(dataset: Dataset, instrument: Instrument, day: Day): string {
  return partitionManifestPath('', dataset, instrument, day);
}

/** What the transformer read of the parts received on the day. */
export function ledgerKey(instrument: Instrument, day: Day): string {
  return ledgerPath('', instrument, day);
}

/** The facts of the day's quotes. */
export function quotesKey(instrument: Instrument, day: Day): string {
  return quoteSecondsPath('', instrument, day);
}
