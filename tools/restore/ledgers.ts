// What the transformer read of the parts a restored day was made of: when was listened, and by how much the
// clocks differed. Brought back where it is not known here; what is known here stays, for it is newer.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { readTextIfPresent } from '../../lake/durable.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import type { PartitionInput } from '../../lake/partition-manifest.ts';
import { openLedger, parseLedger } from '../../transformer/ledger.ts';
import { listTouchedDays } from '../../transformer/partition-record.ts';
import { readInputs } from '../../transformer/partitions.ts';
import { listDayParts, type Part } from '../../transformer/parts.ts';
import { ledgerKey } from '../upload/day-files.ts';
import { type FetchedFile, type Fetching, fetchFile } from './fetch.ts';

type LedgerRestore = Fetching & { instrument: Instrument; day: Day; log: Log };

/**
 * Lets the parts that were received on the day be read again that are here, and count as read, and touch a
 * day that does not hold them: one that did not come back. The caller holds the lock `transform`.
 */
export async function forgetUnheld(root: string, instrument: Instrument, day: Day): Promise<void> {
  const ledger = openLedger(root, instrument);
  const entries = await ledger.read([day]);
  const unheld: Part[] = [];
  for (const part of await listDayParts(root, instrument, day)) {
    const entry = entries.get(part.name);
    for (const touched of entry === undefined ? [] : listTouchedDays(entry)) {
      const inputs = await readInputs(root, instrument, touched);
      if (!inputs.has(part.name) && !unheld.includes(part)) unheld.push(part);
    }
  }
  await ledger.forget(unheld);
}

/** The ledgers to rename into place: of the receipt days that have an input nothing is known of here. */
export async function fetchLedgers(
  work: LedgerRestore,
  inputs: readonly PartitionInput[],
): Promise<FetchedFile[]> {
  const { root, store, instrument, day, log } = work;
  const files: FetchedFile[] = [];
  const byDay = Map.groupBy(inputs, ({ part }) => part.split('/').at(-2)!);
  for (const [receiptDay, own] of byDay) {
    const here = (await readTextIfPresent(join(root, ledgerKey(instrument, receiptDay)))) ?? '';
    const known = parseLedger(here);
    if (own.every(({ part }) => known.has(part))) continue;
    const { file, stored } = await fetchLedger(work, receiptDay);
    const lacking = own.filter(({ part }) => !known.has(part) && !stored.has(part));
    if (lacking.length > 0) {
      const name = `${instrument.exchange}/${instrument.symbol} ${day}`;
      const what = `${lacking.length} of its parts, first ${lacking[0]!.part}`;
      log.warn(
        `restore ${name}: ${store.url} has no ledger of ${what}; a late fill may lose seconds`,
        {
          hint: `what is restored is whole; before trades are fetched for it, restore ${receiptDay}, too, once it is there`,
        },
      );
    }
    if (file !== undefined) files.push(file);
  }
  return files;
}

/** The ledger of a receipt day with what the store knows of it; `file` where that is more than what is here. */
export async function fetchLedger(
  work: LedgerRestore,
  receiptDay: Day,
): Promise<{ file: FetchedFile | undefined; stored: ReadonlyMap<string, string> }> {
  const key = ledgerKey(work.instrument, receiptDay);
  const here = (await readTextIfPresent(join(work.root, key))) ?? '';
  const known = parseLedger(here);
  const fetched = await fetchFile(work, key);
  const stored = parseLedger(fetched === undefined ? '' : await readFile(fetched.path, 'utf8'));
  const lines = [...stored].filter(([part]) => !known.has(part)).map(([, line]) => line);
  if (fetched === undefined || lines.length === 0) return { file: undefined, stored };
  await writeFile(fetched.path, `${lines.join('\n')}\n${here}`);
  return { file: fetched, stored };
}
