// Which archive files were taken over as a whole, one line per day in
// `state/backfill/<exchange>/<SYMBOL>.files.jsonl`. It can be lost: the files are then read again, and
// only what the lake lacks is taken.

import { z } from 'zod';
import type { Day } from '../../lake/day.ts';
import { appendLineDurably, readTextIfPresent } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';
import type { Instrument } from '../../lake/layout.ts';
import { takenFilesPath } from './backfill-state.ts';

const takenFileSchema = z.object({
  day: z.string(),
  sha256: z.string(),
  /** Lowest and highest id in the file; null for an empty one. */
  first: z.int().nullable(),
  last: z.int().nullable(),
  /** Ids between them that the file does not have: the first ranges. */
  missing: z.array(z.tuple([z.int(), z.int()])),
});

export type TakenFile = z.infer<typeof takenFileSchema>;

/** Of several lines for a day the last one holds. */
export async function readTakenFiles(
  root: string,
  instrument: Instrument,
): Promise<Map<Day, TakenFile>> {
  const text = (await readTextIfPresent(takenFilesPath(root, instrument))) ?? '';
  const files = text
    .split('\n')
    .map(parseLine)
    .filter((file) => file !== undefined);
  return new Map(files.map((file) => [file.day, file]));
}

export async function appendTakenFile(
  root: string,
  instrument: Instrument,
  file: TakenFile,
): Promise<void> {
  await appendLineDurably(takenFilesPath(root, instrument), JSON.stringify(file));
}

function parseLine(line: string): TakenFile | undefined {
  return takenFileSchema.safeParse(findJson(line)).data;
}
