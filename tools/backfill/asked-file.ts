// Keeps what was asked for and not there, `state/backfill/<exchange>/<SYMBOL>.jsonl`. It can be lost:
// then it is asked for once more.

import { z } from 'zod';
import { readTextIfPresent, writeFileDurably } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { AskedEntry } from './asked.ts';
import { askedPath } from './backfill-state.ts';

const askedEntrySchema = z.object({
  source: z.enum(['rest', 'archive']),
  from_id: z.int(),
  to_id: z.int(),
  first_asked_us: z.int(),
  asked_us: z.int(),
  unpublished: z.boolean(),
});

export async function readAsked(root: string, instrument: Instrument): Promise<AskedEntry[]> {
  const text = (await readTextIfPresent(askedPath(root, instrument))) ?? '';
  return text
    .split('\n')
    .map(parseEntry)
    .filter((entry) => entry !== undefined);
}

export async function writeAsked(
  root: string,
  instrument: Instrument,
  entries: readonly AskedEntry[],
): Promise<void> {
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  await writeFileDurably(askedPath(root, instrument), text);
}

function parseEntry(line: string): AskedEntry | undefined {
  return askedEntrySchema.safeParse(findJson(line)).data;
}
