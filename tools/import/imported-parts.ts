// Which parts of other lakes this lake has taken, `state/import/<exchange>/<SYMBOL>/<day>.jsonl`: one line
// per part, kept after the part itself was cleaned up, so that nothing is taken twice.

import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { Day } from '../../lake/day.ts';
import { appendLineDurably, readTextIfPresent } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';
import { type Instrument, importedPartsPath } from '../../lake/layout.ts';
import type { StagedPart } from '../backfill/claim-part.ts';

const importedSchema = z.object({
  /** Of the part's file in the other lake, hex. */
  sha256: z.string(),
  /** Its path there, and its file name here. */
  origin: z.string(),
  part: z.string(),
});

/** SHA-256 of every part that was taken of a receipt day. */
export async function readImported(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<Set<string>> {
  const text = (await readTextIfPresent(importedPartsPath(root, instrument, day))) ?? '';
  const notes = text.split('\n').map((line) => importedSchema.safeParse(findJson(line)).data);
  return new Set(notes.flatMap((note) => note?.sha256 ?? []));
}

/** Notes a staged part that has become `part` here. */
export async function noteImported(root: string, staged: StagedPart, part: string): Promise<void> {
  const { sha256, origin } = staged.packed?.description ?? staged.plain;
  const day = basename(staged.dayDir);
  const symbol = basename(dirname(staged.dayDir));
  const exchange = basename(dirname(dirname(staged.dayDir)));
  const note = JSON.stringify({ sha256, origin, part });
  await appendLineDurably(importedPartsPath(root, { exchange, symbol }, day), note);
}
