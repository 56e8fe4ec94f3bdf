// The log file: appends lines, and at a size bound starts a new file and keeps the older ones
// gzipped (`crypto-lake.log`, `crypto-lake.log.1.gz`, ... newest first). One process writes it.
// A disk that is full, gone or slow never stops the process and never fills its memory: what cannot
// be written is handed back.

import { appendFileSync, createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { findErrorCode } from './errors.ts';
import type { LogLevel } from './log-line.ts';

/** Where formatted lines go. */
export type LogSink = {
  write(level: LogLevel, line: string): void;
  /** For a process that ends now: puts out, synchronously, what is not known to have arrived. */
  leave(): void;
  /** Resolves when nothing is pending. */
  close(): Promise<void>;
};

/** Takes back lines that did not arrive, and why. */
export type LogFailure = (lines: readonly string[], thrown: unknown) => void;

export type LogFileOptions = {
  path: string;
  /** A file this large is rotated before the next write. */
  maxBytes: number;
  /** Files kept, the current one included. */
  maxFiles: number;
  onFailure: LogFailure;
};

const maxPendingLines = 20_000;

export function openLogFile(options: LogFileOptions): LogSink {
  const { path, maxBytes, maxFiles, onFailure } = options;
  const queue: string[] = [];
  let writing: string[] = [];
  let drained: Promise<void> | undefined;
  let file: FileHandle | undefined;
  let bytes = 0;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      writing = queue.splice(0);
      try {
        await append(joinLines(writing));
      } catch (thrown) {
        onFailure(writing, thrown);
        await closeFile();
      }
      writing = [];
    }
    drained = undefined;
  }

  async function append(text: string): Promise<void> {
    if (file === undefined) await openFile();
    if (bytes >= maxBytes) {
      await closeFile();
      await rotate(path, maxFiles, onFailure);
      await openFile();
    }
    await file!.appendFile(text);
    bytes += Buffer.byteLength(text);
  }

  async function openFile(): Promise<void> {
    file = await open(path, 'a');
    bytes = (await file.stat()).size;
  }

  async function closeFile(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.close().catch((thrown) => onFailure([], thrown));
  }

  return {
    write(_level, line) {
      if (queue.length >= maxPendingLines) return onFailure([line], 'the disk does not keep up');
      queue.push(line);
      drained ??= drain();
    },
    leave() {
      const pending = [...writing, ...queue.splice(0)];
      if (pending.length === 0) return;
      try {
        appendFileSync(path, joinLines(pending));
      } catch (thrown) {
        onFailure(pending, thrown);
      }
    },
    async close() {
      await drained;
      await closeFile();
    },
  };
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** Moves every file one number up, drops the last, and gzips what was the current one. */
async function rotate(path: string, maxFiles: number, onFailure: LogFailure): Promise<void> {
  for (const suffix of ['', '.gz']) {
    await rm(`${path}.${maxFiles - 1}${suffix}`, { force: true });
    for (let number = maxFiles - 2; number > 0; number--) {
      await renameIfPresent(`${path}.${number}${suffix}`, `${path}.${number + 1}${suffix}`);
    }
  }
  await rename(path, `${path}.1`);
  try {
    await compress(`${path}.1`, `${path}.1.gz`);
  } catch (thrown) {
    // It stays as it is and is dropped in its turn.
    onFailure([], thrown);
  }
}

async function renameIfPresent(from: string, to: string): Promise<void> {
  await rename(from, to).catch((thrown) => {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
  });
}

async function compress(from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp`;
  await pipeline(createReadStream(from), createGzip(), createWriteStream(temporary));
  await rename(temporary, to);
  await rm(from);
}
