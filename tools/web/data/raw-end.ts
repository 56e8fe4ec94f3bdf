// The newest lines of a symbol's raw as one text: the end of the part being written, and of what was sealed before it
// as much as is wanted. Parts this lake did not hear itself (fills of their own, imports) are left out, and told of by
// the highest trade id in them. Ends at a part that is not described yet, is gone or damaged. Changes nothing in raw.

import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Day } from '../../../lake/day.ts';
import { listEntries } from '../../../lake/durable.ts';
import { findErrorCode } from '../../../lake/errors.ts';
import {
  type Instrument,
  type PartCompression,
  parsePartFileName,
  rawDayDir,
} from '../../../lake/layout.ts';
import { type PartRecord, readLatestPartRecords } from '../../../lake/part-manifest.ts';
import { listRawDays } from '../../../transformer/parts.ts';

/** `part` is its day and stem; a line ends before `offset`. */
export type RawPosition = { part: string; offset: number };

export type RawEnd = {
  lines: Buffer;
  /** Where they end. */
  position: RawPosition;
  /** Whether they begin where was asked for. */
  isJoined: boolean;
  /** Whether more can be had. */
  hasMore: boolean;
  /** Whether something that was heard lies before them that cannot be read, or not yet. */
  isBroken: boolean;
  /** The highest trade id in what was left out. */
  otherTradeId: number;
};

type RawPart = { id: string; path: string; compression: PartCompression };
/** Whole lines of a part, and where in it they begin. */
type Piece = { lines: Buffer; from: number };

const newline = 0x0a;
/** Of a day, the sealed parts that may be read. */
const maxParts = 240;
const maxDays = 2;
/** What is packed has to be unpacked from its beginning. */
const maxPackedBytes = 16e6;

/**
 * The lines since `base`, but not more than the last `maxBytes`. Undefined where nothing is being written, or the part
 * was sealed just now.
 */
export async function readRawEnd(
  root: string,
  instrument: Instrument,
  base: RawPosition | undefined,
  maxBytes: number,
): Promise<RawEnd | undefined> {
  const pieces: Buffer[] = [];
  let position: RawPosition | undefined;
  let [left, isJoined, hasMore, isBroken, otherTradeId] = [maxBytes, false, false, false, 0];
  for await (const step of walkBack(root, instrument)) {
    if ('otherTradeId' in step) {
      otherTradeId = Math.max(otherTradeId, step.otherTradeId);
      continue;
    }
    const { part } = step;
    const floor = part !== undefined && part.id === base?.part ? base.offset : 0;
    const piece = part && (await readPiece(part, floor, left));
    if (piece === undefined) {
      isBroken = true;
      break;
    }
    const { lines, from } = piece;
    position ??= { part: part!.id, offset: from + lines.length };
    pieces.unshift(lines);
    left -= lines.length;
    isJoined = part!.id === base?.part && from === floor;
    hasMore = !isJoined && (from > floor || left <= 0);
    if (isJoined || hasMore) break;
  }
  const lines = Buffer.concat(pieces);
  return position && { lines, position, isJoined, hasMore, isBroken, otherTradeId };
}

/** No part: one that is not described yet. */
type Step = { part: RawPart | undefined } | { otherTradeId: number };

/** The part being written, then those sealed before it, the newest first, and what is passed over between them. */
async function* walkBack(root: string, instrument: Instrument): AsyncGenerator<Step> {
  const days = (await listRawDays(root, instrument)).slice(-maxDays).reverse();
  for (const [age, day] of days.entries()) {
    const folder = rawDayDir(root, instrument, day);
    const found = (await listEntries(folder)).files.flatMap((name) => toPart(folder, day, name));
    const newest = (isOpen: boolean) => findNewest(found.filter((part) => part.isOpen === isOpen));
    const written = newest(true);
    if (age === 0) {
      if (written === undefined) return;
      yield { part: written };
    }
    const records = await readLatestPartRecords(folder, maxParts, () => true);
    const names = new Set(records.map((record) => record.part));
    const sealed = newest(false);
    if (sealed !== undefined && !names.has(sealed.name)) yield { part: undefined };
    for (const record of records) {
      const [part] = isOwn(record) ? toPart(folder, day, record.part) : [];
      yield part === undefined ? { otherTradeId: record.last_trade_id ?? 0 } : { part };
    }
  }
}

function toPart(folder: string, day: Day, name: string) {
  const parsed = parsePartFileName(name);
  if (parsed === undefined) return [];
  const { stem, number, open: isOpen, compression } = parsed;
  return [{ id: `${day}/${stem}`, path: join(folder, name), compression, isOpen, name, number }];
}

function findNewest<P extends { number: number }>(parts: readonly P[]): P | undefined {
  return parts.reduce<P | undefined>(
    (one, other) => (one === undefined || other.number > one.number ? other : one),
    undefined,
  );
}

/** Whether it was heard by this lake. */
function isOwn({ origin, streams }: PartRecord): boolean {
  return origin === undefined && Object.keys(streams).length > 0;
}

/** The whole lines among the last `maxBytes` from `floor` on; undefined where they cannot be read. */
async function readPiece(
  { path, compression }: RawPart,
  floor: number,
  maxBytes: number,
): Promise<Piece | undefined> {
  try {
    const found =
      compression === 'none'
        ? await readPlain(path, floor, maxBytes)
        : await readPacked(path, compression, floor, maxBytes);
    if (found === undefined) return undefined;
    const { bytes, from } = found;
    const first = from === floor ? 0 : bytes.indexOf(newline) + 1;
    return { lines: bytes.subarray(first, bytes.lastIndexOf(newline) + 1), from: from + first };
  } catch (thrown) {
    if (!/^(ENOENT|Z_|ZSTD_)/.test(findErrorCode(thrown) ?? '')) throw thrown;
    return undefined;
  }
}

async function readPlain(path: string, floor: number, maxBytes: number) {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size < floor) return undefined;
    const from = Math.max(floor, size - maxBytes);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return { bytes: buffer.subarray(0, bytesRead), from };
  } finally {
    await file.close();
  }
}

async function readPacked(
  path: string,
  compression: Exclude<PartCompression, 'none'>,
  floor: number,
  maxBytes: number,
) {
  if ((await stat(path)).size > maxPackedBytes) return undefined;
  const unpack = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const file = createReadStream(path).on('error', (error) => unpack.destroy(error));
  const kept: Buffer[] = [];
  let [size, bytes] = [0, 0];
  for await (const chunk of file.pipe(unpack) as AsyncIterable<Buffer>) {
    kept.push(chunk);
    size += chunk.length;
    bytes += chunk.length;
    while (bytes - kept[0]!.length >= maxBytes) bytes -= kept.shift()!.length;
  }
  if (size < floor) return undefined;
  const from = Math.max(floor, size - Math.min(bytes, maxBytes));
  const all = Buffer.concat(kept);
  return { bytes: all.subarray(bytes - (size - from)), from };
}
