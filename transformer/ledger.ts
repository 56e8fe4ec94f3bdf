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
  /** Measurements of the clock in the part, exchange time minus receive time, ascending. */
  clocks: z.array(z.object({ recvUs: z.int(), offsetUs: z.int() })).default([]),
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

/** The ledger of one instrument; what has been read of it is kept for the length of a run. */
export type Ledger = {
  /** The entries of the given receipt days by part. */
  read(days: Iterable<Day>): Promise<Map<string, LedgerEntry>>;
  /** Receipt days that have a ledger, ascending. */
  listDays(): Promise<Day[]>;
  /** Takes over entries that have been appended to the files. */
  remember(entries: readonly LedgerEntry[]): void;
};

export function openLedger(root: string, instrument: Instrument): Ledger {
  const byDay = new Map<Day, LedgerEntry[]>();
  async function readDay(day: Day): Promise<LedgerEntry[]> {
    const text = await readTextIfPresent(ledgerPath(root, instrument, day));
    const entries = (text ?? '').split('\n').map(parseLedgerEntry);
    return entries.filter((entry) => entry !== undefined);
  }
  return {
    async read(days) {
      // Of several lines for a part the last one holds.
      const entries = new Map<string, LedgerEntry>();
      for (const day of new Set(days)) {
        const known = byDay.get(day) ?? (await readDay(day));
        byDay.set(day, known);
        for (const entry of known) entries.set(entry.part, entry);
      }
      return entries;
    },
    async listDays() {
      const names = await listNames(transformStateDir(root, instrument));
      return names
        .filter((name) => name.endsWith('.jsonl'))
        .map((name) => name.slice(0, -'.jsonl'.length))
        .filter(isDay);
    },
    remember(entries) {
      for (const entry of entries) byDay.get(entry.day)?.push(entry);
    },
  };
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
