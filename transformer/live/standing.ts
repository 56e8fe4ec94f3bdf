// What stands of an instrument when its live tail is derived: days, ledger, manifests. Read once and kept while
// nothing is published, for a refresh comes every second.

import type { Day } from '../../lake/day.ts';
import type { Instrument } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { type Ledger, openLedger } from '../ledger.ts';
import { findReceiptDays } from '../ledger-days.ts';
import { listAwayDays } from '../partitions.ts';
import type { Publication, Stored } from '../publication.ts';
import { listStored } from '../publish.ts';

export type Standing = Pick<
  Publication,
  'root' | 'instrument' | 'away' | 'readManifest' | 'findReceiptDays'
> & {
  /** Of the moment before anything was read. */
  stamp: string;
  ledger: Ledger;
  stored: Stored;
};

export async function readStanding(
  root: string,
  instrument: Instrument,
  stamp: string,
): Promise<Standing> {
  const away = new Set(await listAwayDays(root, instrument));
  const ledger = openLedger(root, instrument);
  const stored = await listStored({ root, instrument, away, discarded: new Set() });
  return {
    root,
    instrument,
    away,
    readManifest: remember(readPartitionManifest),
    findReceiptDays: remember((first: Day, last: Day) =>
      findReceiptDays(root, instrument, ledger, first, last),
    ),
    stamp,
    ledger,
    stored,
  };
}

/** Reads once what is asked for again and again. */
function remember<Keys extends string[], T>(read: (...keys: Keys) => Promise<T>) {
  const known = new Map<string, Promise<T>>();
  return (...keys: Keys): Promise<T> => {
    const key = keys.join(' ');
    const value = known.get(key) ?? read(...keys);
    known.set(key, value);
    return value;
  };
}
