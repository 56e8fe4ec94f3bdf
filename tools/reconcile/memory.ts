// What is remembered of an instrument's comparisons, `state/reconcile/<exchange>/<SYMBOL>.json`: up to
// where published bars were compared, what was compared of each day with which outcome, and for which
// seconds a fill was tried, so that none is tried twice. Deleting it costs comparisons, nothing else.

import { z } from 'zod';
import type { Day } from '../../lake/day.ts';
import { readTextIfPresent, writeFileDurably } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';
import { type Instrument, reconcileStatePath } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { mergeSpans, type Span } from './spans.ts';

const spanSchema = z.tuple([z.int(), z.int()]).transform(([from, to]): Span => ({ from, to }));
const count = z.int().nonnegative();

const dayMemorySchema = z.object({
  /** Seconds compared so far, `[from, to)`. */
  compared: z.array(spanSchema),
  source: z.enum(['rest', 'archive']),
  /** Of the bars when they were last compared, hex. */
  bars_sha256: z.string(),
  checked_at: z.string(),
  /** Whether the day was compared as a whole after it was over. */
  is_finished: z.boolean(),
  /** Whether a fill was tried for everything that is unresolved. */
  is_filled: z.boolean(),
  differences: count,
  missing_here: count,
  missing_there: count,
  /** First second of what is unresolved, ISO 8601. */
  first_unresolved: z.string().nullable(),
});

const memorySchema = z.object({
  /** Bars before this second were compared when they were published; null before the first time. */
  cursor: z.int().nullable(),
  days: z.record(z.string(), dayMemorySchema),
  /** When the archive was last asked for a day it did not have, seconds since the epoch. */
  archive_asked: z.record(z.string(), z.int()),
  /** Seconds for which a fill was tried, `[from, to)`. */
  filled: z.array(spanSchema),
});

export type DayMemory = z.infer<typeof dayMemorySchema>;
export type Memory = z.infer<typeof memorySchema>;

/** Stretches of tried fills that are remembered; the oldest are forgotten first. */
const maxFilled = 2000;

export const emptyMemory: Memory = { cursor: null, days: {}, archive_asked: {}, filled: [] };

export async function readMemory(root: string, instrument: Instrument, log: Log): Promise<Memory> {
  const path = reconcileStatePath(root, instrument);
  const text = await readTextIfPresent(path);
  if (text === undefined) return emptyMemory;
  const result = memorySchema.safeParse(findJson(text));
  if (result.success) return result.data;
  log.warn(`read ${path}: it is damaged; comparisons of this symbol begin again`);
  return emptyMemory;
}

export async function writeMemory(
  root: string,
  instrument: Instrument,
  memory: Memory,
): Promise<void> {
  const write = ({ from, to }: Span) => [from, to];
  const days = Object.entries(memory.days).map(([day, known]) => [
    day,
    { ...known, compared: known.compared.map(write) },
  ]);
  const filled = memory.filled.slice(-maxFilled).map(write);
  const content = { ...memory, days: Object.fromEntries(days), filled };
  await writeFileDurably(reconcileStatePath(root, instrument), `${JSON.stringify(content)}\n`);
}

/** The memory after a fill of these seconds was tried. */
export function rememberFill(memory: Memory, spans: readonly Span[]): Memory {
  return { ...memory, filled: mergeSpans([...memory.filled, ...spans]) };
}

/** The memory after a comparison of a day. */
export function rememberDay(memory: Memory, day: Day, outcome: DayMemory): Memory {
  return { ...memory, days: { ...memory.days, [day]: outcome } };
}

export function countUnresolved(day: DayMemory): number {
  return day.differences + day.missing_here + day.missing_there;
}
