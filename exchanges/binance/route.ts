// Routes a combined-stream frame by its first bytes. Payloads come in one known key order
// (`{"stream":"btcusdt@trade","data":{"e":"trade","E":…,"s":"BTCUSDT","t":…`), so the stream name,
// event time and trade id are read at their places; any other shape is left to the slow way, a trade whose
// numbers stand elsewhere, too. Runs once per frame: no allocation, no parsing, no exception. A number that the
// frame's end cuts off is not reported.

import type { FrameRouter, RoutedFrame, Stream } from '../exchange.ts';

const nameStart = '{"stream":"'.length;
/** Between the closing quote of the stream name and the first key of the payload. */
const betweenLength = ',"data":{'.length;
/** Before a trade's event time. */
const timeHeadLength = '"e":"trade","E":'.length;
/** Between a trade's event time and its id, beside the symbol itself. */
const idHeadLength = ',"s":"","t":'.length;
const brace = 0x7b;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const digitZero = 0x30;
const letterE = 0x45;
const letterS = 0x73;
const letterT = 0x74;
/** Bytes looked at to find the only stream a name can be. */
const maxProbes = 12;

/** A router for frames of `streams`. */
export function createRouter(streams: readonly Stream[]): FrameRouter {
  const names = streams.map((stream) => Buffer.from(`${stream.name}"`));
  /** Of trade streams, the bytes between event time and trade id; of others 0. */
  const idOffsets = streams.map(({ channel, symbol }) =>
    channel === 'trade' ? idHeadLength + Buffer.byteLength(symbol) : 0,
  );
  const probes = planProbes(names);
  const table = buildHashTable(names, probes);
  const mask = table.length - 1;
  const shortest = nameStart + Math.min(...names.map((name) => name.length));

  return function route(frame: Buffer, found: RoutedFrame): void {
    found.stream = -1;
    found.eventUs = 0;
    found.tradeId = -1;
    if (frame.length < shortest) return;
    // The key before the name is told by its place and its first letter.
    if (frame[0] !== brace || frame[2] !== letterS || frame[nameStart - 1] !== quote) return;
    let hash = 0;
    for (let i = 0; i < probes.length; i++) {
      hash = (Math.imul(hash, 31) + frame[nameStart + probes[i]!]!) | 0;
    }
    const stream = findName(frame, hash);
    if (stream < 0) return;
    const idOffset = idOffsets[stream]!;
    const dataStart = nameStart + names[stream]!.length + betweenLength;
    if (idOffset === 0 || readTradeHead(frame, dataStart, idOffset, found)) found.stream = stream;
  };

  function findName(frame: Buffer, hash: number): number {
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const stream = table[slot]!;
      if (stream < 0 || isAt(frame, nameStart, names[stream]!)) return stream;
    }
  }
}

/** Whether time and id stand where they should; sets both, or neither. */
function readTradeHead(
  frame: Buffer,
  start: number,
  idOffset: number,
  found: RoutedFrame,
): boolean {
  const timeStart = start + timeHeadLength;
  if (!isKeyBefore(frame, timeStart, letterE)) return false;
  // 13 digits are milliseconds, 16 are microseconds (until the year 2286).
  const isMicroseconds = frame[timeStart + 16] === comma;
  const timeEnd = timeStart + (isMicroseconds ? 16 : 13);
  if (frame[timeEnd] !== comma) return false;
  const high = readDigits(frame, timeStart, timeStart + 8);
  const low = readDigits(frame, timeStart + 8, timeEnd);
  const idStart = timeEnd + idOffset;
  if (high < 0 || low < 0 || !isKeyBefore(frame, idStart, letterT)) return false;
  const tradeId = readInteger(frame, idStart);
  if (tradeId < 0) return false;
  found.eventUs = isMicroseconds ? high * 1e8 + low : (high * 1e5 + low) * 1000;
  found.tradeId = tradeId;
  return true;
}

/** Whether the value at `at` is that of the one-letter key. */
function isKeyBefore(frame: Buffer, at: number, letter: number): boolean {
  if (at > frame.length || frame[at - 1] !== colon || frame[at - 2] !== quote) return false;
  return frame[at - 3] === letter && frame[at - 4] === quote;
}

/** The integer from `start` to the next comma, or -1. */
function readInteger(frame: Buffer, start: number): number {
  let end = start;
  // 16 digits at most: more are not exact in a double.
  while (end < start + 16 && end < frame.length && frame[end] !== comma) end++;
  if (end === start || frame[end] !== comma) return -1;
  const middle = Math.max(start, end - 8);
  const high = readDigits(frame, start, middle);
  const low = readDigits(frame, middle, end);
  return high < 0 || low < 0 ? -1 : high * 1e8 + low;
}

/** The number that the digits from `start` to `end` are, 9 at most; -1 where one is no digit. */
function readDigits(frame: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = frame[at]! - digitZero;
    if (digit < 0 || digit > 9) return -1;
    value = (Math.imul(value, 10) + digit) | 0;
  }
  return value;
}

/**
 * Places in a name that tell the names apart, as few as will do: each is the one that tells most of
 * them apart beside those before it. Names that differ nowhere else share a hash.
 */
function planProbes(names: readonly Buffer[]): Int32Array {
  const shortest = Math.min(...names.map((name) => name.length));
  const places = Array.from({ length: shortest }, (_, place) => place);
  let keys = names.map(() => '');
  const probes: number[] = [];
  while (probes.length < maxProbes) {
    const candidates = places.map((place) => {
      const longer = names.map((name, i) => `${keys[i]},${name[place]}`);
      return { place, longer, distinct: new Set(longer).size };
    });
    const best = candidates.reduce((a, b) => (b.distinct > a.distinct ? b : a));
    if (best.distinct === new Set(keys).size) break;
    probes.push(best.place);
    keys = best.longer;
  }
  return Int32Array.from(probes);
}

/** An open-addressing table from a name's hash to its index, at most a quarter full. */
function buildHashTable(names: readonly Buffer[], probes: Int32Array): Int32Array {
  let size = 16;
  while (size < names.length * 4) size *= 2;
  const table = new Int32Array(size).fill(-1);
  for (const [index, name] of names.entries()) {
    let hash = 0;
    for (const place of probes) hash = (Math.imul(hash, 31) + name[place]!) | 0;
    let slot = spread(hash) & (size - 1);
    while (table[slot]! >= 0) slot = (slot + 1) & (size - 1);
    table[slot] = index;
  }
  return table;
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function isAt(frame: Buffer, start: number, bytes: Buffer): boolean {
  if (start + bytes.length > frame.length) return false;
  for (let i = 0; i < bytes.length; i++) if (frame[start + i] !== bytes[i]) return false;
  return true;
}
