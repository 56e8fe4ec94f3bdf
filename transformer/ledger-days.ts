// In which days of exchange time the parts of each receipt day lie: nearly always in the same one, but a clock
// may be off by days, and fills come whenever. Kept in `state/transform/<exchange>/<SYMBOL>/ledger-days.json`
// by the sizes and times of the ledgers, so that a run reads only those that have changed; it can be lost.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Day } from '../lake/day.ts';
import { readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { findJson } from '../lake/json.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';
import { type Ledger, ledgerPath } from './ledger.ts';
import { listTouchedDays } from './partition-record.ts';

const extentsSchema = z.record(
  z.string(),
  z.object({
    /** Size and time of the ledger. */
    signature: z.string(),
    /** First and last day; null of a ledger whose parts say nothing. */
    days: z.tuple([z.string(), z.string()]).nullable(),
  }),
);

type Extents = z.infer<typeof extentsSchema>;

/** The receipt days with a part that may say something of the days from the first to the last. */
export async function findReceiptDays(
  root: string,
  instrument: Instrument,
  ledger: Ledger,
  first: Day,
  last: Day,
): Promise<Day[]> {
  const { extents } = await readExtents(root, instrument, ledger);
  const touches = ({ days }: Extents[Day]) => days !== null && days[0] <= last && days[1] >= first;
  return Object.keys(extents).filter((day) => touches(extents[day]!));
}

/** Keeps what has been found, for later runs. */
export async function writeLedgerDays(
  root: string,
  instrument: Instrument,
  ledger: Ledger,
): Promise<void> {
  const { extents, isKept } = await readExtents(root, instrument, ledger);
  if (!isKept) await writeFileDurably(extentsPath(root, instrument), JSON.stringify(extents));
}

async function readExtents(
  root: string,
  instrument: Instrument,
  ledger: Ledger,
): Promise<{ extents: Extents; isKept: boolean }> {
  const text = (await readTextIfPresent(extentsPath(root, instrument))) ?? '{}';
  const kept: Extents = extentsSchema.safeParse(findJson(text)).data ?? {};
  const extents: Extents = {};
  let isKept = true;
  for (const day of await ledger.listDays()) {
    const found = statSync(ledgerPath(root, instrument, day), { throwIfNoEntry: false });
    const signature = `${found?.size}@${found?.mtimeMs}`;
    const isKnown = kept[day]?.signature === signature;
    extents[day] = isKnown ? kept[day]! : { signature, days: await findExtent(ledger, day) };
    isKept &&= isKnown;
  }
  return { extents, isKept };
}

async function findExtent(ledger: Ledger, receiptDay: Day): Promise<[Day, Day] | null> {
  const entries = await ledger.read([receiptDay]);
  const touched = [...entries.values()].flatMap(listTouchedDays).sort();
  return touched.length === 0 ? null : [touched[0]!, touched.at(-1)!];
}

function extentsPath(root: string, instrument: Instrument): string {
  return join(transformStateDir(root, instrument), 'ledger-days.json');
}
