// A realistic feed, encoded once: WebSocket frames of 13 symbols, one trade to four best-bid/ask
// updates, in blocks of about 64 KB as a busy socket delivers them. Seeded: every run sends the same.

import { defaultSymbols } from '../lake/config-schema.ts';

export const symbols = defaultSymbols;
export const channels = ['trade', 'bookTicker'];

/** Messages in a block: with 190 bytes on average, 64 KB. */
export const messagesPerBlock = 340;
/** Blocks before the feed repeats. */
const blocks = 200;

/** Blocks of encoded frames, `messagesPerBlock` each. */
export function encodeFeed(): Buffer[] {
  const random = createRandom(1);
  let id = 4_000_000_000;
  // Trade ids count up by one for each symbol, as the exchange's do.
  const tradeIds = new Map(symbols.map((symbol) => [symbol, 4_000_000_000]));
  return Array.from({ length: blocks }, () =>
    Buffer.concat(
      Array.from({ length: messagesPerBlock }, () =>
        encodeFrame(formatMessage(random, id++, tradeIds)),
      ),
    ),
  );
}

function formatMessage(random: () => number, id: number, tradeIds: Map<string, number>): string {
  const symbol = symbols[Math.floor(random() * symbols.length)]!;
  const price = (60_000 + random() * 1000).toFixed(8);
  const quantity = (random() * 3).toFixed(8);
  const name = symbol.toLowerCase();
  if (random() < 0.2) {
    const tradeId = tradeIds.get(symbol)!;
    tradeIds.set(symbol, tradeId + 1);
    const us = Date.now() * 1000 + Math.floor(random() * 1000);
    const data = `{"e":"trade","E":${us},"s":"${symbol}","t":${tradeId},"p":"${price}","q":"${quantity}","T":${us - 700},"m":${random() < 0.5},"M":true}`;
    return `{"stream":"${name}@trade","data":${data}}`;
  }
  const data = `{"u":${id * 12},"s":"${symbol}","b":"${price}","B":"${quantity}","a":"${price}","A":"${quantity}"}`;
  return `{"stream":"${name}@bookTicker","data":${data}}`;
}

/** An unmasked text frame, as servers send them. */
function encodeFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const isShort = payload.length < 126;
  const head = Buffer.from(isShort ? [0x81, payload.length] : [0x81, 126, 0, 0]);
  if (!isShort) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** mulberry32: [0, 1), the same sequence for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
