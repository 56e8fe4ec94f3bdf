// What was transformed: one line per part in `state/transform/<exchange>/<SYMBOL>/<receipt day>.jsonl`.
// It says whether a part is done, and holds what later runs need of it without reading it again. It
// can be lost: the parts are then read again, and change nothing that holds them. A line may also say that
// a part is to be read again.

import { join } from 'node:path';
import { z } from 'zod';
import { type Day, isDay } from '../lake/day.ts';
import { appendLineDurably, listNames, readTextIfPresent } from '../lake/durable.ts';
import { findJson } from '../lake/json.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';

const time = z.int().nullable();

export const ledgerEntrySchema = z.object({
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
  /** The days of its trades, where they are not all days from the first to the last: fills may lie months apart. */
  tradeDays: z.array(z.string()).optional(),
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

/** Undoes what stands above it: the part counts as not transformed. */
const forgottenSchema = z.object({ part: z.string(), forgotten: z.literal(true) });

export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;
type Forgotten = z.infer<typeof forgottenSchema>;

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
  /** Lets the parts count as not transformed, durably. */
  forget(parts: readonly { name: string; day: Day }[]): Promise<void>;
};

export function openLedger(root: string, instrument: Instrument): Ledger {
  const byDay = new Map<Day, (LedgerEntry | Forgotten)[]>();
  async function readDay(day: Day): Promise<(LedgerEntry | Forgotten)[]> {
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
        for (const entry of known) {
          if ('forgotten' in entry) entries.delete(entry.part);
          else entries.set(entry.part, entry);
        }
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
    async forget(parts) {
      for (const [day, own] of Map.groupBy(parts, (part) => part.day)) {
        const lines = own.map(({ name }): Forgotten => ({ part: name, forgotten: true }));
        const text = lines.map((line) => JSON.stringify(line)).join('\n');
        await appendLineDurably(ledgerPath(root, instrument, day), text);
        byDay.get(day)?.push(...lines);
      }
    },
  };
}

/** The last line of each part in the text of a ledger, of one to be read again, too. */
export function parseLedger(text: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) {
    const entry = parseLedgerEntry(line);
    if (entry !== undefined) lines.set(entry.part, line);
  }
  return lines;
}

/** A torn line is no entry: its part counts as not transformed. */
function parseLedgerEntry(line: string): LedgerEntry | Forgotten | undefined {
  if (line === '') return undefined;
  const value = findJson(line);
  return ledgerEntrySchema.safeParse(value).data ?? forgottenSchema.safeParse(value).data;
}
