// The lines of a sealed part, read one by one, with what is wrong with each: the slow way, for parts that
// hold a line DuckDB cannot be trusted with. A line is never held whole beyond its bound, and a part
// whose compression is damaged ends with a line that says so.

import { createReadStream } from 'node:fs';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { findErrorCode } from '../lake/errors.ts';
import type { Part } from './parts.ts';

export type PartLine = {
  /** From 1. */
  number: number;
  /** Without the newline; of a line that is too long, its beginning. */
  bytes: Buffer;
  /** The line as read; undefined where it is faulty. */
  value: { recv: number; conn: string; msg?: unknown } | undefined;
  /** Why the line is no raw line. */
  fault: string | undefined;
};

/** No frame and no answer comes near it; DuckDB reads no longer objects. */
const maxLineBytes = 16 * 1024 * 1024;

/** A byte order mark is no JSON: it stays, and is refused. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export async function* readPartLines(part: Part): AsyncGenerator<PartLine> {
  let number = 0;
  try {
    for await (const bytes of splitLines(openPart(part))) {
      number++;
      yield { number, bytes, ...parseLine(bytes) };
    }
  } catch (thrown) {
    if (!/^(Z_|ZSTD_)/.test(findErrorCode(thrown) ?? '')) throw thrown;
    const fault = `compression is damaged from here on (${findErrorCode(thrown)})`;
    yield { number: number + 1, bytes: Buffer.alloc(0), value: undefined, fault };
  }
}

function openPart(part: Part): AsyncIterable<Buffer> {
  const file = createReadStream(part.path);
  if (part.compression === 'none') return file;
  const unpack = part.compression === 'gzip' ? createGunzip() : createZstdDecompress();
  file.on('error', (error) => unpack.destroy(error));
  return file.pipe(unpack);
}

/** Lines without their newline. Of one that is too long the beginning, one byte over the bound. */
async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer[] = [];
  let room = maxLineBytes + 1;
  const keep = (piece: Buffer) => {
    if (room > 0 && piece.length > 0) head.push(piece.subarray(0, room));
    room -= Math.min(room, piece.length);
  };
  const take = () => {
    const line = Buffer.concat(head);
    head = [];
    room = maxLineBytes + 1;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (head.length > 0) yield take();
}

function parseLine(bytes: Buffer): Pick<PartLine, 'value' | 'fault'> {
  const faulty = (fault: string) => ({ value: undefined, fault });
  if (bytes.length > maxLineBytes) return faulty(`longer than ${maxLineBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes), refuseUnstorable);
  } catch (thrown) {
    return faulty(thrown instanceof RangeError ? thrown.message : 'not JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null) return faulty('not an object');
  if (!('recv' in value) || !Number.isSafeInteger(value.recv)) return faulty('recv is no integer');
  if (Number(value.recv) < 0) return faulty('recv is no time');
  if (!('conn' in value) || typeof value.conn !== 'string') return faulty('conn is no text');
  const { msg, event } = value as { msg?: unknown; event?: unknown };
  if ((msg ?? event ?? null) === null) return faulty('neither msg nor event');
  return { value: value as PartLine['value'], fault: undefined };
}

/** JavaScript reads numbers and texts that other JSON readers refuse. */
function refuseUnstorable(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError('number too large');
  if (typeof value === 'string' && !value.isWellFormed()) throw new RangeError('half a surrogate');
  return value;
}
