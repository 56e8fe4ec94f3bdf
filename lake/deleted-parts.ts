// The raw parts of a day that were deleted on purpose, because a later copy of what they hold was proven:
// noted before they go, so that a part that is not there and not noted here has been lost. When a day's folder
// goes in the end one line stays in place of these notes: the day, and which of its parts had been lost.

import { z } from 'zod';
import type { Day } from './day.ts';
import { appendLineDurably, readTextIfPresent } from './durable.ts';
import { findJson } from './json.ts';
import { deletedPartsPath, emptiedDaysPath, type Instrument } from './layout.ts';

const noteSchema = z.object({ parts: z.array(z.string()) });
const emptiedSchema = z.object({ day: z.string(), lost: z.array(z.string()) });

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

/** Notes that the folder of a day is about to be deleted, and what had gone of it without a note. */
export async function noteEmptiedDay(
  root: string,
  instrument: Instrument,
  note: { at: string; day: Day; lost: readonly string[] },
): Promise<void> {
  await appendLineDurably(emptiedDaysPath(root, instrument), JSON.stringify(note));
}

/** The days whose folders were deleted, each with the file names of the parts that had been lost. */
export async function readEmptiedDays(
  root: string,
  instrument: Instrument,
): Promise<Map<Day, Set<string>>> {
  const text = (await readTextIfPresent(emptiedDaysPath(root, instrument))) ?? '';
  const days = new Map<Day, Set<string>>();
  for (const line of text.split('\n')) {
    const note = emptiedSchema.safeParse(findJson(line)).data;
    if (note === undefined) continue;
    // A deletion that was killed is begun again, when less is known.
    days.set(note.day, new Set([...(days.get(note.day) ?? []), ...note.lost]));
  }
  return days;
}
