// Turns fetched trades into raw parts: one part per trade day and no larger than parts may be, held in
// memory, staged as a whole, then claimed.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { Clock } from '../../lake/clock.ts';
import { formatDay } from '../../lake/day.ts';
import { type Instrument, type PartCompression, rawDayDir } from '../../lake/layout.ts';
import { claimPart, type StagedPart } from './claim-part.ts';
import { type FillRows, HeldPart } from './held-part.ts';

export type FillPartsOptions = {
  root: string;
  instrument: Instrument;
  /** Folder for parts on their way; nobody else writes there. */
  stagingDir: string;
  maxBytes: number;
  compression: PartCompression;
  clock: Clock;
};

export type FillParts = {
  append(rows: FillRows): Promise<void>;
  /** Seals what was appended. Returns the paths of all parts below the root. */
  finish(): Promise<string[]>;
};

/** A part is held in memory until it is staged. */
const maxHeldBytes = 64_000_000;

export function openFillParts(options: FillPartsOptions): FillParts {
  const sealed: string[] = [];
  const maxBytes = Math.min(options.maxBytes, maxHeldBytes);
  let part: HeldPart | undefined;

  async function seal(): Promise<void> {
    if (part === undefined) return;
    const ended = part;
    // Never staged twice: what a failed attempt has staged may be a part's file already.
    part = undefined;
    const { root, instrument, clock } = options;
    const dayDir = rawDayDir(root, instrument, formatDay(clock.nowUs()));
    const name = await claimPart(await stagePart(ended, dayDir, options, sealed.length));
    sealed.push(join(dayDir, name).slice(root.length + 1));
  }

  return {
    async append(rows) {
      const day = formatDay(rows.marks[0]!.timeUs);
      const { source, sha256 } = rows;
      if (part !== undefined) {
        const isOther = part.day !== day || part.source !== source || part.sha256 !== sha256;
        if (isOther || part.bytes + rows.rows.length > maxBytes) await seal();
      }
      part ??= new HeldPart(day, source, sha256);
      part.append(rows);
    },
    async finish() {
      await seal();
      return sealed;
    },
  };
}

async function stagePart(
  part: HeldPart,
  dayDir: string,
  { stagingDir, compression }: FillPartsOptions,
  number: number,
): Promise<StagedPart> {
  await mkdir(stagingDir, { recursive: true });
  const plainPath = join(stagingDir, `fill-${number}.jsonl`);
  const lines = part.list();
  const plain = await writeLines(plainPath, lines, new PassThrough());
  const description = part.describe(plain.bytes, plain.sha256);
  if (compression === 'none') return { dayDir, plainPath, plain: description, packed: undefined };
  const path = `${plainPath}.packed`;
  const pack = compression === 'gzip' ? createGzip() : createZstdCompress();
  const packed = await writeLines(path, lines, pack);
  return {
    dayDir,
    plainPath,
    plain: description,
    packed: { path, compression, description: part.describe(packed.bytes, packed.sha256) },
  };
}

/** Writes and syncs the lines, as `through` passes them on. */
async function writeLines(
  path: string,
  lines: readonly Uint8Array[],
  through: Transform,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const digest = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const source = Readable.from(lines, { objectMode: false });
  await pipeline(source, through, digest, createWriteStream(path, { flush: true }));
  return { bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
