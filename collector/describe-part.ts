// Describes a part from its bytes alone, as the recorder would have described it while writing: for
// parts a crash has left without a manifest line.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { z } from 'zod';
import type { Exchange, RoutedFrame, Stream } from '../exchanges/exchange.ts';
import { findExchange } from '../exchanges/exchanges.ts';
import { findJson } from '../lake/json.ts';
import { type Instrument, parsePartFileName } from '../lake/layout.ts';
import type { PartRecord } from '../lake/part-manifest.ts';
import { addRange, type IdRange, removeRange } from './id-ranges.ts';
import { PartTally } from './part-tally.ts';

const newline = 0x0a;
const recvHead = Buffer.from('{"recv":');
const connHead = Buffer.from(',"conn":"');
const messageHead = Buffer.from('","msg":');
const eventKey = Buffer.from('","event":"');
const quote = 0x22;
const brace = 0x7b;

const gapSchema = z.object({ event: z.enum(['gap', 'fill']), from_id: z.int(), to_id: z.int() });

/**
 * The record of the sealed part at `path`. What its control lines call missing, and not filled, is added
 * to `gaps`.
 */
export async function describePart(
  path: string,
  instrument: Instrument,
  gaps: IdRange[] = [],
): Promise<PartRecord> {
  const part = basename(path);
  const hash = createHash('sha256');
  let bytes = 0;
  const reader = createLineReader(instrument, gaps);
  async function* countBytes(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const compression = parsePartFileName(part)?.compression;
  if (compression === 'gzip') await pipeline(source, countBytes, createGunzip(), reader.read);
  else if (compression === 'zstd') {
    await pipeline(source, countBytes, createZstdDecompress(), reader.read);
  } else await pipeline(source, countBytes, reader.read);
  return reader.tally.describe({ part, bytes, sha256: hash.digest('hex') });
}

function createLineReader(instrument: Instrument, gaps: IdRange[]) {
  const exchange = findExchange(instrument.exchange);
  const streams = (exchange?.channels ?? []).map((channel) =>
    exchange!.findStream(instrument.symbol, channel),
  );
  const readFrame = exchange && createFrameReader(exchange, streams);
  const tally = new PartTally(streams.map((stream) => stream.name));
  async function read(chunks: AsyncIterable<Buffer>): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of chunks) {
      const text: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let start = 0;
      for (;;) {
        const end = text.indexOf(newline, start);
        if (end < 0) break;
        const line = text.subarray(start, end);
        countLine(line, tally, readFrame);
        if (line.includes(eventKey)) noteGap(line, gaps);
        start = end + 1;
      }
      rest = text.subarray(start);
    }
  }
  return { tally, read };
}

/** Reads a frame as the receive path does: by its first bytes, or else parsed. */
type FrameReader = (frame: Buffer) => RoutedFrame;

function createFrameReader(exchange: Exchange, streams: readonly Stream[]): FrameReader {
  const route = exchange.createRouter(streams);
  const found: RoutedFrame = { stream: -1, eventUs: 0, tradeId: -1 };
  return (frame) => {
    route(frame, found);
    // What begins otherwise is an answer of REST, and counts as no frame.
    if (found.stream >= 0 || frame[0] !== brace) return found;
    const control = exchange.parseControlFrame(frame);
    if (control.kind !== 'data') return found;
    const { eventUs, tradeId } = control;
    const stream = streams.findIndex(({ name }) => name === control.stream);
    return { stream, eventUs, tradeId };
  };
}

function countLine(line: Buffer, tally: PartTally, readFrame: FrameReader | undefined): void {
  const digitsEnd = line.indexOf(connHead);
  const isOurs = line.subarray(0, recvHead.length).equals(recvHead) && digitsEnd > 0;
  if (!isOurs) {
    tally.lines++;
    return;
  }
  tally.countLine(Number(line.toString('latin1', recvHead.length, digitsEnd)));
  const connEnd = line.indexOf(quote, digitsEnd + connHead.length);
  const frameStart = connEnd + messageHead.length;
  if (readFrame === undefined || !line.subarray(connEnd, frameStart).equals(messageHead)) return;
  const { stream, eventUs, tradeId } = readFrame(line.subarray(frameStart, -1));
  if (stream >= 0) tally.countFrame(stream, eventUs, tradeId);
}

/** Takes a control line that says what is missing, or no longer is. */
function noteGap(line: Buffer, gaps: IdRange[]): void {
  const parsed = gapSchema.safeParse(findJson(line.toString()));
  if (!parsed.success) return;
  const { event, from_id: from, to_id: to } = parsed.data;
  if (event === 'gap') addRange(gaps, { from, to });
  else removeRange(gaps, { from, to });
}
