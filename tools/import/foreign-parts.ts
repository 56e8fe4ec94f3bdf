// The sealed parts of another lake that this one does not have, oldest first in each symbol, so that they
// are numbered here in the order in which they were written. What a part is, its SHA-256 says. Reads only.

import { basename } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { type Instrument, rawDayDir } from '../../lake/layout.ts';
import { type PartRecord, readPartRecords } from '../../lake/part-manifest.ts';
import { listInstruments, listParts, type Part } from '../../transformer/parts.ts';
import { readImported } from './imported-parts.ts';

export type ForeignPart = Part & {
  instrument: Instrument;
  /** Its line in the other lake's manifest, or what it would be. */
  record: PartRecord;
};

export type ForeignParts = {
  /** To be taken. */
  parts: ForeignPart[];
  /** How many this lake has already, and how many are described there and gone. */
  known: number;
  lost: number;
};

/** Describes a part that has no line in its manifest from its bytes. */
type DescribePart = (path: string, instrument: Instrument) => Promise<PartRecord>;

export async function listForeignParts(
  root: string,
  other: string,
  describePart: DescribePart,
): Promise<ForeignParts> {
  const found: ForeignParts = { parts: [], known: 0, lost: 0 };
  for (const instrument of await listInstruments(other)) {
    const byDay = Map.groupBy(await listParts(other, instrument), ({ day }) => day);
    for (const [day, parts] of byDay) {
      const known = await readKnownDigests(root, instrument, day);
      const records = await readPartRecords(rawDayDir(other, instrument, day));
      for (const part of parts) {
        const file = basename(part.path);
        const record = records.get(file) ?? (await describePart(part.path, instrument));
        records.delete(file);
        if (known.has(record.sha256)) found.known++;
        else found.parts.push({ ...part, instrument, record });
      }
      found.lost += [...records.values()].filter(({ sha256 }) => !known.has(sha256)).length;
    }
  }
  return found;
}

/** Of the parts that this lake has of a receipt day, or once took from another lake. */
async function readKnownDigests(root: string, instrument: Instrument, day: Day) {
  const own = await readPartRecords(rawDayDir(root, instrument, day));
  const imported = await readImported(root, instrument, day);
  return new Set([...imported, ...[...own.values()].map(({ sha256 }) => sha256)]);
}
