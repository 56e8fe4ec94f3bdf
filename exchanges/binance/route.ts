// Routes a combined-stream frame by its first bytes. Payloads come in one known key order
// (`{"stream":"btcusdt@trade","data":{"e":"trade","E":…,"s":"BTCUSDT","t":…`), so the stream name,
// event time and trade id are read at their places; any other shape is left to the slow way. Runs
// once per frame: no allocation, no parsing, no exception. A number that the frame's end cuts off is
// not reported.

import type { FrameRouter, RoutedFrame, Stream } from '../exchange.ts';

const frameHead = Buffer.from('{"stream":"');
const nameStart = frameHead.length;
/** Between the stream name and the first key of the payload. */
const betweenLength = '","data":{'.length;
/** Before a trade's event time. */
const tradeHead = Buffer.from('"e":"trade","E":');
const quote = 0x22;
const comma = 0x2c;
const digitZero = 0x30;
const letterT = 0x74;
/** Longest way from the event time to the trade id: `,"s":"<SYMBOL>","t":`. */
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
    if (!isAt(frame, 0, frameHead)) return;
    let hash = 0;
    let end = nameStart;
    for (; end < frame.length; end++) {
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
      const name = names[stream]!;
      if (end - nameStart === name.length && end < frame.length && isAt(frame, nameStart, name)) {
        return stream;
      }
    }
  }
}

function readTradeHead(frame: Buffer, start: number, found: RoutedFrame): void {
  if (!isAt(frame, start, tradeHead)) return;
  let at = start + tradeHead.length;
  let eventTime = 0;
  let digits = 0;
  for (; digits < 17; digits++, at++) {
    const digit = frame[at]! - digitZero;
    if (!(digit >= 0 && digit <= 9)) break;
    eventTime = eventTime * 10 + digit;
  }
  if (frame[at] !== comma) return;
  // 13 digits are milliseconds, 16 are microseconds (until the year 2286).
  if (digits === 13) found.eventUs = eventTime * 1000;
  else if (digits === 16) found.eventUs = eventTime;
  found.tradeId = readTradeId(frame, at);
}

/** The number after the first `"t":` from `start` on, or -1. */
function readTradeId(frame: Buffer, start: number): number {
  const limit = Math.min(frame.length - 4, start + maxSymbolScan);
  for (let at = start + 1; at < limit; at++) {
    // The symbol on the way is in capitals: it holds no `"t"`.
    if (frame[at] !== letterT || frame[at - 1] !== quote || frame[at + 1] !== quote) continue;
    let id = 0;
    const first = at + 3;
    for (at = first; at < frame.length; at++) {
      const digit = frame[at]! - digitZero;
      if (!(digit >= 0 && digit <= 9)) return digit === comma - digitZero && at > first ? id : -1;
      id = id * 10 + digit;
    }
    return -1;
  }
  return -1;
}

/** An open-addressing table from a name's hash to its index, at most a quarter full. */
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

function isAt(frame: Buffer, start: number, bytes: Buffer): boolean {
  if (start + bytes.length > frame.length) return false;
  for (let i = 0; i < bytes.length; i++) if (frame[start + i] !== bytes[i]) return false;
  return true;
}
