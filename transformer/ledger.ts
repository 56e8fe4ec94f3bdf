// What was transformed: one line per part in `state/transform/<exchange>/<SYMBOL>/<receipt day>.jsonl`.
// It says whether a part is done, and holds what later runs need of it without reading it again. It
// can be lost: the parts are then transformed again, to the same bytes.

import { join } from 'node:path';
import { z } from 'zod';
import { type Day, isDay } from '../lake/day.ts';
import { listNames, readTextIfPresent } from '../lake/durable.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';

const time = z.int().nullable();

const ledgerEntrySchema = z.object({
  /** Path of the part below the root. */
  part: z.string(),
  sha256: z.string(),
  day: z.string(),
  number: z.int(),
  frames: z.int(),
  linesQuarantined: z.int(),
  /** Quote times in the part, µs since the epoch. */
  firstQuoteUs: time,
  lastQuoteUs: time,
  firstTradeUs: time,
  lastTradeUs: time,
  clockOffsetUs: time,
  spans: z.array(
    z.object({
      conn: z.string(),
      fromUs: z.int(),
      toUs: z.int(),
      firstEventUs: time,
      lastEventUs: time,
      opened: z.boolean(),
      closed: z.boolean(),
    }),
  ),
});

export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

export function ledgerPath(root: string, instrument: Instrument, day: Day): string {
  return join(transformStateDir(root, instrument), `${day}.jsonl`);
}

/** Receipt days that have a ledger, ascending. */
export async function listLedgerDays(root: string, instrument: Instrument): Promise<Day[]> {
  const names = await listNames(transformStateDir(root, instrument));
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .filter(isDay);
}

/** The entries of the given receipt days by part. Of several lines for a part the last one holds. */
export async function readLedger(
  root: string,
  instrument: Instrument,
  days: Iterable<Day>,
): Promise<Map<string, LedgerEntry>> {
  const entries = new Map<string, LedgerEntry>();
  for (const day of new Set(days)) {
    const text = await readTextIfPresent(ledgerPath(root, instrument, day));
    for (const line of (text ?? '').split('\n')) {
      const entry = parseLedgerEntry(line);
      if (entry !== undefined) entries.set(entry.part, entry);
    }
  }
  return entries;
}

/** A torn line is no entry: its part counts as not transformed. */
function parseLedgerEntry(line: string): LedgerEntry | undefined {
  if (line === '') return undefined;
  try {
    return ledgerEntrySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
