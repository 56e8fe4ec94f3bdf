// The raw parts that no run has transformed yet, sealed ones and those being written, and the parts read before
// that may share seconds with them.

import { join, relative } from 'node:path';
import { listEntries } from '../../lake/durable.ts';
import { type Instrument, openSuffix, parsePartFileName, rawDayDir } from '../../lake/layout.ts';
import type { Ledger } from '../ledger.ts';
import { listDayParts, listRawDays, type Part } from '../parts.ts';
import { isAnother } from '../plan-run.ts';
import type { PartSets } from '../run-plan.ts';

export type TailParts = PartSets & {
  /** Parts being written, by the names they get when they are sealed; `path` is that of the open file. */
  open: Part[];
};

export async function listTailParts(
  root: string,
  instrument: Instrument,
  ledger: Ledger,
): Promise<TailParts> {
  const found: TailParts = { pending: [], known: [], open: [] };
  for (const day of await listRawDays(root, instrument)) {
    const done = await ledger.read([day]);
    // Before the sealed ones: a part that is sealed in between is then seen twice, not never.
    const open = await listOpenParts(root, instrument, day);
    const stems = new Set<number>();
    for (const part of await listDayParts(root, instrument, day)) {
      stems.add(part.number);
      const entry = done.get(part.name);
      if (entry === undefined || (await isAnother(part, entry))) found.pending.push(part);
      else found.known.push({ part, entry });
    }
    found.open.push(...open.filter((part) => !stems.has(part.number)));
  }
  return found;
}

async function listOpenParts(root: string, instrument: Instrument, day: string): Promise<Part[]> {
  const folder = rawDayDir(root, instrument, day);
  const parts: Part[] = [];
  for (const fileName of (await listEntries(folder)).files) {
    const parsed = parsePartFileName(fileName);
    // An open part that is packed is a copy of the plain one beside it.
    if (parsed === undefined || !parsed.open || parsed.compression !== 'none') continue;
    const path = join(folder, fileName);
    const name = relative(root, path.slice(0, -openSuffix.length));
    const { number, compression } = parsed;
    parts.push({ name, path, day, number, bytes: 0, compression, sha256: undefined });
  }
  return parts;
}
