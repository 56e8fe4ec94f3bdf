// Lines that could not be read, kept with their origin in
// `quarantine/<exchange>/<SYMBOL>/<receipt day>/<part>`: one JSON object per line. The raw part is not
// touched; this is the list a person looks at.

import { createReadStream, createWriteStream } from 'node:fs';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { writeFileDurably } from '../lake/durable.ts';
import { quarantineDir } from '../lake/layout.ts';
import type { Part } from './parts.ts';

/** A line the venue's SQL refused. `msg` is null where it is no JSON or not in the shape of a line. */
export type BadLine = { recv: number | null; conn: string | null; msg: string | null };

/** Writes a part's bad lines, in place of what an earlier run wrote. Returns the path written. */
export async function writeQuarantine(
  root: string,
  part: Part,
  badLines: readonly BadLine[],
): Promise<string> {
  const entries: object[] = [];
  for (const { recv, conn, msg } of badLines) {
    if (msg !== null)
      entries.push({ part: part.name, reason: 'not a valid frame', recv, conn, msg });
  }
  if (badLines.some(({ msg }) => msg === null)) entries.push(...(await findUnparsable(part)));
  const path = join(
    quarantineDir(root),
    relative('raw', `${part.name.replace(/\.(gz|zst)$/, '')}`),
  );
  await writeFileDurably(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return path;
}

/** Reads the part again for the lines that are no JSON object of the raw line's shape. */
async function findUnparsable(part: Part): Promise<object[]> {
  const entries: object[] = [];
  let number = 0;
  for await (const line of readLines(part)) {
    number++;
    const reason = findFault(line);
    if (reason !== undefined) {
      entries.push({ part: part.name, line: number, reason, base64: line.toString('base64') });
    }
  }
  return entries;
}

/**
 * Writes a copy of the part in which every line that is no raw line is an empty object, which reads as
 * exactly one bad line.
 */
export async function writeReadableCopy(part: Part, path: string): Promise<void> {
  await pipeline(async function* () {
    for await (const line of readLines(part)) {
      yield findFault(line) === undefined ? line : '{}';
      yield '\n';
    }
  }, createWriteStream(path));
}

function findFault(line: Buffer): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line), refuseUnstorable);
  } catch (thrown) {
    return thrown instanceof RangeError ? thrown.message : 'not JSON in UTF-8';
  }
  if (typeof value !== 'object' || value === null) return 'not an object';
  if (!('recv' in value) || !Number.isSafeInteger(value.recv)) return 'recv is no integer';
  if (!('conn' in value) || typeof value.conn !== 'string') return 'conn is no text';
  if (!('msg' in value) && !('event' in value)) return 'neither msg nor event';
  return undefined;
}

/** JavaScript reads numbers and texts that other JSON readers refuse. */
function refuseUnstorable(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError('number too large');
  if (typeof value === 'string' && !value.isWellFormed()) throw new RangeError('half a surrogate');
  return value;
}

/** The lines of a part, without their newline. */
async function* readLines(part: Part): AsyncGenerator<Buffer> {
  const file = createReadStream(part.path);
  const unpack = { none: undefined, gzip: createGunzip, zstd: createZstdDecompress };
  const bytes = unpack[part.compression] ? file.pipe(unpack[part.compression]!()) : file;
  let rest: Buffer[] = [];
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
