// Parts that cannot be made part of the lake now, because a day they need is away (see lake/away.ts), or
// damaged beyond repair: which, and which days. They are in no partition and in no ledger until those days are back. The list
// (`state/transform/<exchange>/<SYMBOL>/waiting.json`) only saves reading them again to find that out; it can
// be lost.

import { join } from 'node:path';
import { z } from 'zod';
import type { Day } from '../lake/day.ts';
import { readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { OperationalError } from '../lake/errors.ts';
import { findJson } from '../lake/json.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';

const waitingPartSchema = z.object({
  /** Path of the part below the root. */
  part: z.string(),
  sha256: z.string(),
  /** Days that have to be brought back first. */
  needs: z.array(z.string()).min(1),
});

export type WaitingPart = z.infer<typeof waitingPartSchema>;

export async function readWaitingParts(
  root: string,
  instrument: Instrument,
): Promise<WaitingPart[]> {
  const text = await readTextIfPresent(waitingPath(root, instrument));
  return z.array(waitingPartSchema).safeParse(findJson(text ?? '[]')).data ?? [];
}

export async function writeWaitingParts(
  root: string,
  instrument: Instrument,
  parts: readonly WaitingPart[],
): Promise<void> {
  const text =
    parts.length === 0 ? '[]\n' : `[\n${parts.map((p) => JSON.stringify(p)).join(',\n')}\n]\n`;
  const path = waitingPath(root, instrument);
  if ((await readTextIfPresent(path)) === text) return;
  if (parts.length === 0 && (await readTextIfPresent(path)) === undefined) return;
  await writeFileDurably(path, text);
}

/** One for all parts of an instrument that wait; undefined where none does. */
export function describeWaiting(
  { exchange, symbol }: Instrument,
  parts: readonly WaitingPart[],
  isBlocked: (day: Day) => boolean,
): OperationalError | undefined {
  if (parts.length === 0) return undefined;
  const days = [...new Set(parts.flatMap(({ needs }) => needs))].sort();
  const [first, last] = [days[0]!, days.at(-1)!];
  const which = days.length > 3 ? `${first} to ${last} (${days.length} days)` : days.join(', ');
  const verb = parts.length === 1 ? 'part waits' : 'parts wait';
  const isDamaged = days.some(isBlocked);
  const why = isDamaged ? 'which is damaged' : 'not here but in the store';
  const restore = formatRestore({ exchange, symbol }, days);
  const rest = ', or where no copy is left delete its Parquet files and manifests';
  const hint = isDamaged ? `${restore}${rest}` : restore;
  return new OperationalError(
    `transform ${exchange}/${symbol}: ${parts.length} ${verb} for ${which}, ${why}`,
    { hint },
  );
}

/** What an operator does to go on. */
export function formatRestore({ exchange, symbol }: Instrument, days: readonly Day[]): string {
  const ordered = [...days].sort();
  const [first, last] = [ordered[0]!, ordered.at(-1)!];
  const dates = first === last ? `--date ${first}` : `--from ${first} --to ${last}`;
  return `run --mode restore --exchange ${exchange} --symbol ${symbol} ${dates}, then --mode transform`;
}

function waitingPath(root: string, instrument: Instrument): string {
  return join(transformStateDir(root, instrument), 'waiting.json');
}
