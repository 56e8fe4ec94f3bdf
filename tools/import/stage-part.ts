// Copies a part of another lake into the staging folder: whole, synced, and only as what its manifest says
// it is. A compressed part lies there unpacked, too, as claiming a number needs it.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findErrorCode, formatReason, OperationalError } from '../../lake/errors.ts';
import { type PartCompression, rawDayDir, tempDir } from '../../lake/layout.ts';
import type { StagedPart } from '../backfill/claim-part.ts';
import { openUnpacker } from '../backfill/plain-digest.ts';
import type { ForeignPart } from './foreign-parts.ts';

/** What keeps a part from being taken: it is gone, changed or damaged. */
export type PartFault = { fault: string };

type Copied = { bytes: number; sha256: string };

/** Stages the part, to be claimed here for the same day of receipt; leaves nothing of a faulty one. */
export async function stageForeignPart(
  root: string,
  part: ForeignPart,
): Promise<StagedPart | PartFault> {
  const { instrument, day, compression } = part;
  const { part: _, ...described } = part.record;
  const description = { ...described, origin: described.origin ?? part.path };
  const stagingDir = tempDir(root, 'import');
  await mkdir(stagingDir, { recursive: true });
  const plainPath = join(stagingDir, `${description.sha256}.jsonl`);
  const path = compression === 'none' ? plainPath : `${plainPath}.packed`;
  const dayDir = rawDayDir(root, instrument, day);
  try {
    const fault = compare(await copyFile(part.path, path, 'none'), description);
    if (fault !== undefined) return await drop([path], fault);
    if (compression === 'none') {
      return { dayDir, plainPath, plain: description, packed: undefined };
    }
    const plain = { ...description, ...(await copyFile(path, plainPath, compression)) };
    return { dayDir, plainPath, plain, packed: { path, compression, description } };
  } catch (thrown) {
    const code = findErrorCode(thrown) ?? '';
    if (/^(Z_|ZSTD_|EIO$|ENOENT$)/.test(code)) {
      return drop([path, plainPath], `it cannot be read: ${formatReason(thrown)}`);
    }
    throw new OperationalError(`import part ${part.path}: ${formatReason(thrown)}`, {
      hint: 'run it again when that is mended; what was taken stays',
      cause: thrown,
    });
  }
}

function compare(copied: Copied, expected: Copied): string | undefined {
  if (copied.bytes !== expected.bytes) {
    return `it has ${copied.bytes} bytes, its manifest says ${expected.bytes}`;
  }
  if (copied.sha256 === expected.sha256) return undefined;
  return `its sha256 is ${copied.sha256}, its manifest says ${expected.sha256}`;
}

async function drop(paths: readonly string[], fault: string): Promise<PartFault> {
  for (const path of paths) await rm(path, { force: true });
  return { fault };
}

/** Copies a file, unpacked as `compression` says, and syncs the copy. What the copy is. */
async function copyFile(from: string, to: string, compression: PartCompression): Promise<Copied> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const source = createReadStream(from, { highWaterMark: 1 << 20 });
  await pipeline(
    source,
    openUnpacker(compression),
    measure,
    createWriteStream(to, { flush: true }),
  );
  return { bytes, sha256: hash.digest('hex') };
}
