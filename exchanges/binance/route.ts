// Routes a combined-stream frame by its first bytes. Payloads come in one known key order
// (`{"stream":"btcusdt@trade","data":{"e":"trade","E":…,"s":"BTCUSDT","t":…`), so the stream name,
// event time and trade id are read at their places; any other shape is left to the slow way. Runs
// once per frame: no allocation, no parsing, no exception.

import type { FrameRouter, RoutedFrame, Stream } from '../exchange.ts';

/** Length of `{"stream":"`. */
const nameStart = 11;
/** Length of `","data":{`, between the stream name and the first key. */
const betweenLength = 9;
/** Length of `"e":"trade","E":`, before a trade's event time. */
const tradeHeadLength = 16;
const quote = 0x22;
const colon = 0x3a;
const digitZero = 0x30;
const letterT = 0x74;
/** Longest scan for the trade id after the event time: `,"s":"<SYMBOL>","t":`. */
const maxSymbolScan = 80;

/** A router for frames of `streams`. */
export function createRouter(streams: readonly Stream[]): FrameRouter {
  const names = streams.map((stream) => Buffer.from(stream.name));
  const isTrade = streams.map((stream) => stream.channel === 'trade');
  const table = buildHashTable(names);
  const mask = table.length - 1;

  return function route(frame: Buffer, found: RoutedFrame): void {
    found.stream = -1;
    found.eventUs = 0;
    found.tradeId = -1;
    // `{"s` and the quote before the name; the bytes between are the key.
    if (frame.length < 32 || frame[2] !== 0x73 || frame[nameStart - 1] !== quote) return;
    let hash = 0;
    let end = nameStart;
    const limit = frame.length - betweenLength;
    for (; end < limit; end++) {
      const byte = frame[end]!;
      if (byte === quote) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const stream = findName(frame, end, hash);
    if (stream < 0) return;
    found.stream = stream;
    if (isTrade[stream]) readTradeHead(frame, end + betweenLength, found);
  };

  function findName(frame: Buffer, end: number, hash: number): number {
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const stream = table[slot]!;
      if (stream < 0) return -1;
      if (startsAt(frame, nameStart, end, names[stream]!)) return stream;
    }
  }
}

function readTradeHead(frame: Buffer, start: number, found: RoutedFrame): void {
  let at = start + tradeHeadLength;
  if (frame[at - 1] !== colon || frame[at - 3] !== 0x45) return;
  let eventTime = 0;
  let digits = 0;
  for (; digits < 17; digits++, at++) {
    const digit = frame[at]! - digitZero;
    if (!(digit >= 0 && digit <= 9)) break;
    eventTime = eventTime * 10 + digit;
  }
  // 13 digits are milliseconds, 16 are microseconds (until the year 2286).
  if (digits === 13) found.eventUs = eventTime * 1000;
  else if (digits === 16) found.eventUs = eventTime;
  const limit = Math.min(frame.length - 4, at + maxSymbolScan);
  // `"t":` after the symbol; the symbol itself is in capitals and cannot hold it.
  for (; at < limit; at++) {
    if (frame[at] !== letterT || frame[at - 1] !== quote || frame[at + 1] !== quote) continue;
    let id = 0;
    for (at += 3; at < frame.length; at++) {
      const digit = frame[at]! - digitZero;
      if (!(digit >= 0 && digit <= 9)) break;
      id = id * 10 + digit;
    }
    found.tradeId = id;
    return;
  }
}

function buildHashTable(names: readonly Buffer[]): Int32Array {
  let size = 16;
  while (size < names.length * 4) size *= 2;
  const table = new Int32Array(size).fill(-1);
  for (const [index, name] of names.entries()) {
    let hash = 0;
    for (const byte of name) hash = (Math.imul(hash, 31) + byte) | 0;
    let slot = spread(hash) & (size - 1);
    while (table[slot]! >= 0) slot = (slot + 1) & (size - 1);
    table[slot] = index;
  }
  return table;
}

function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function startsAt(frame: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (frame[start + i] !== name[i]) return false;
  return true;
}
