// The raw parts of a day that were deleted on purpose, because a later copy of what they hold was proven:
// noted before they go, so that a part that is not there and not noted here has been lost.

import { z } from 'zod';
import type { Day } from './day.ts';
import { appendLineDurably, readTextIfPresent } from './durable.ts';
import { findJson } from './json.ts';
import { deletedPartsPath, type Instrument } from './layout.ts';

const noteSchema = z.object({ parts: z.array(z.string()) });

/** Notes that parts, by their file names, are about to be deleted. */
export async function noteDeletedParts(
  root: string,
  instrument: Instrument,
  day: Day,
  note: { at: string; reason: string; parts: readonly string[] },
): Promise<void> {
  await appendLineDurably(deletedPartsPath(root, instrument, day), JSON.stringify(note));
}

/** File names of the parts of a day that were deleted, or were about to be. */
export async function readDeletedParts(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<Set<string>> {
  const text = (await readTextIfPresent(deletedPartsPath(root, instrument, day))) ?? '';
  return new Set(text.split('\n').flatMap(readParts));
}

/** A line torn by a crash was written before anything was deleted. */
function readParts(line: string): string[] {
  return noteSchema.safeParse(findJson(line)).data?.parts ?? [];
}
