// Lines that could not be read, kept with their origin in
// `quarantine/<exchange>/<SYMBOL>/<receipt day>/<part>`: one JSON object per line. The raw part is not
// touched; this is the list a person looks at.

import { join, relative } from 'node:path';
import { writeFileDurably } from '../lake/durable.ts';
import { quarantineDir } from '../lake/layout.ts';
import { readPartLines } from './part-lines.ts';
import type { Part } from './parts.ts';

/** A line the venue's SQL refused. `msg` is null where it is no JSON or not in the shape of a line. */
export type BadLine = { recv: number | null; conn: string | null; msg: string | null };

/** Of a longer line only the beginning is kept here; the part has all of it. */
const maxKeptBytes = 64 * 1024;

/** Writes a part's bad lines, in place of what an earlier run wrote. Returns the path written. */
export async function writeQuarantine(
  root: string,
  part: Part,
  badLines: readonly BadLine[],
): Promise<string> {
  const entries: object[] = [];
  for (const { recv, conn, msg } of badLines) {
    if (msg === null) continue;
    const kept = msg.slice(0, maxKeptBytes);
    entries.push({ part: part.name, reason: 'not a valid frame', recv, conn, msg: kept });
  }
  if (badLines.some(({ msg }) => msg === null)) entries.push(...(await findUnparsable(part)));
  const path = join(
    quarantineDir(root),
    relative('raw', `${part.name.replace(/\.(gz|zst)$/, '')}`),
  );
  await writeFileDurably(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return path;
}

/** Reads the part again for the lines that are no raw lines. */
async function findUnparsable(part: Part): Promise<object[]> {
  const entries: object[] = [];
  for await (const { number, fault: reason, bytes } of readPartLines(part)) {
    if (reason === undefined) continue;
    const base64 = bytes.subarray(0, maxKeptBytes).toString('base64');
    entries.push({ part: part.name, line: number, reason, bytes: bytes.length, base64 });
  }
  return entries;
}
