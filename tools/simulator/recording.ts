// Reads recordings: files of `<local ns> <frame>` lines, or raw parts of a lake, gzipped, zstd or
// plain. Frames come out byte for byte, in the order of their receive time over all files; within a
// file the order of the lines is kept. Memory is bounded by a few read buffers per file.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { formatReason, OperationalError } from '../../lake/errors.ts';

export type RecordedFrame = {
  /** When it was received, microseconds since the epoch by the recorder's clock. */
  atUs: number;
  /** Stream name of a combined frame; empty for anything else, such as a REST answer. */
  stream: string;
  /** As received. */
  bytes: Buffer;
  /** Index of the file it comes from. */
  file: number;
};

const newline = 0x0a;
const space = 0x20;
const brace = 0x7b;
const quote = 0x22;
const streamKey = Buffer.from('{"stream":"');
const messageKey = Buffer.from('"msg":');
const maxLineBytes = 16 * 1024 * 1024;

/** All frames of the files, merged by receive time, in batches. */
export async function* readRecordings(paths: readonly string[]): AsyncGenerator<RecordedFrame[]> {
  const files = paths.map((path, file) => readRecording(path, file));
  const queues: RecordedFrame[][] = paths.map(() => []);
  const ended = paths.map(() => false);
  for (;;) {
    for (const [file, source] of files.entries()) {
      while (queues[file]!.length === 0 && !ended[file]) {
        const { value, done } = await source.next();
        if (done === true) ended[file] = true;
        else queues[file] = value;
      }
    }
    const waiting = queues.filter((queue) => queue.length > 0);
    if (waiting.length === 0) return;
    const untilUs = Math.min(...waiting.map((queue) => queue.at(-1)!.atUs));
    const batch = queues.flatMap((queue, file) => {
      const end = queue.findIndex((frame) => frame.atUs > untilUs);
      const ready = end < 0 ? queue : queue.slice(0, end);
      queues[file] = end < 0 ? [] : queue.slice(end);
      return ready;
    });
    yield batch.sort((a, b) => a.atUs - b.atUs);
  }
}

/** One file's frames; a receive time that goes back counts as the latest before it. */
async function* readRecording(path: string, file: number): AsyncGenerator<RecordedFrame[]> {
  let lastUs = 0;
  for await (const lines of readLines(path)) {
    const frames: RecordedFrame[] = [];
    for (const line of lines) {
      const parsed = parseLine(line, path);
      if (parsed === undefined) continue;
      lastUs = Math.max(lastUs, parsed.atUs);
      frames.push({ atUs: lastUs, stream: findStream(parsed.bytes), bytes: parsed.bytes, file });
    }
    yield frames;
  }
}

async function* readLines(path: string): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of readChunks(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      if (end > start) lines.push(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > maxLineBytes) {
      throw new OperationalError(
        `read recording ${path}: a line of more than ${maxLineBytes} bytes`,
      );
    }
    yield lines;
  }
  if (rest.length > 0) yield [rest];
}

async function* readChunks(path: string): AsyncGenerator<Buffer> {
  try {
    yield* openFile(path);
  } catch (thrown) {
    throw new OperationalError(`read recording ${path}: ${formatReason(thrown)}`, {
      hint: 'give files of "<local ns> <frame>" lines or raw parts, plain, .gz or .zst',
      cause: thrown,
    });
  }
}

function openFile(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  // The reader of the last stream learns of every failure, so the callbacks have nothing to add.
  if (path.endsWith('.gz'))
    return pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {});
  if (path.endsWith('.zst')) return pipeline(file, createZstdDecompress(), () => {});
  return file;
}

/** Undefined for lines that hold no frame: control lines and REST fills of a raw part. */
function parseLine(line: Buffer, path: string): { atUs: number; bytes: Buffer } | undefined {
  const first = line[0]!;
  if (first === brace) return parseRawLine(line, path);
  const split = line.indexOf(space);
  const atUs = Math.floor(Number(line.toString('latin1', 0, split)) / 1000);
  if (split > 0 && Number.isSafeInteger(atUs)) return { atUs, bytes: line.subarray(split + 1) };
  throw new OperationalError(`read recording ${path}: no receive time in "${clip(line)}"`, {
    hint: 'lines must be "<local ns> <frame>", or the raw lines of a lake',
  });
}

function parseRawLine(line: Buffer, path: string): { atUs: number; bytes: Buffer } | undefined {
  const key = line.indexOf(messageKey);
  const head = /^\{"recv":(\d+),"conn":"([^"]*)",/.exec(line.toString('latin1', 0, 200));
  if (head === null) {
    throw new OperationalError(`read recording ${path}: no raw line in "${clip(line)}"`);
  }
  if (key < 0 || head[2] === 'rest') return undefined;
  return { atUs: Number(head[1]), bytes: line.subarray(key + messageKey.length, line.length - 1) };
}

function findStream(bytes: Buffer): string {
  if (bytes.compare(streamKey, 0, streamKey.length, 0, streamKey.length) !== 0) return '';
  const end = bytes.indexOf(quote, streamKey.length);
  return bytes.toString('utf8', streamKey.length, end);
}

function clip(line: Buffer): string {
  return line.toString('utf8', 0, 80);
}
