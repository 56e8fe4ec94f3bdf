// What a crash has left behind, put in order before anything new is written: an open part is cut at
// its last whole line, sealed and described; a sealed part without a manifest line is described from
// its bytes, and what it calls missing is kept for filling. A part that holds no whole line is deleted.
// No sealed part is ever touched.

import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isDay } from '../lake/day.ts';
import { listEntries, listNames } from '../lake/durable.ts';
import { findErrorCode } from '../lake/errors.ts';
import {
  type Instrument,
  type PartCompression,
  parsePartFileName,
  rawDir,
} from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { appendPartRecord, readPartRecords } from '../lake/part-manifest.ts';
import { describePart } from './describe-part.ts';
import { GapState } from './gap-state.ts';
import type { IdRange } from './id-ranges.ts';
import { sealFile } from './seal.ts';

/**
 * Days per symbol, newest first, in which sealed parts without a manifest line are looked for: the
 * line follows the seal within seconds, and every start looks.
 */
const daysToDescribe = 2;
const blockBytes = 64 * 1024;

export type RecoveryOptions = { root: string; compression: PartCompression; log: Log };

/** Puts every symbol below `raw/` in order. */
export async function recoverParts(options: RecoveryOptions): Promise<void> {
  const raw = join(options.root, 'raw');
  for (const exchange of (await listEntries(raw)).folders) {
    for (const symbol of (await listEntries(join(raw, exchange))).folders) {
      await recoverSymbol({ exchange, symbol }, options);
    }
  }
}

async function recoverSymbol(instrument: Instrument, options: RecoveryOptions): Promise<void> {
  const directory = rawDir(options.root, instrument);
  const days = (await listEntries(directory)).folders.filter(isDay).reverse();
  for (const [age, day] of days.entries()) {
    const dayDir = join(directory, day);
    const left = (await listNames(dayDir)).filter((name) => parsePartFileName(name)?.open);
    for (const name of left) {
      await recoverOpenPart(dayDir, name, options).catch((thrown) => {
        // A fill that was just claiming it has sealed it itself.
        if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
      });
    }
    if (age < daysToDescribe || left.length > 0) await describeParts(dayDir, instrument, options);
  }
}

async function recoverOpenPart(
  dayDir: string,
  name: string,
  { compression, log }: RecoveryOptions,
): Promise<void> {
  const path = join(dayDir, name);
  const { stem, compression: packed } = parsePartFileName(name)!;
  const siblings = (await listNames(dayDir)).map(parsePartFileName).filter((p) => p?.stem === stem);
  const isSealed = siblings.some((part) => part?.open === false);
  const isUnpacked = siblings.some((part) => part?.open && part.compression === 'none');
  if (packed !== 'none') {
    // A compressed copy that was not finished: its source is still there.
    if (isUnpacked) await unlink(path);
    else log.error(`recover part ${path}: its source is missing`, { hint: 'inspect it by hand' });
    return;
  }
  if (isSealed) {
    // The sealed part is compressed and on disk: only the deletion of its source was missed.
    if (siblings.every((part) => part?.open || part?.compression !== 'none')) await unlink(path);
    else
      log.error(`recover part ${path}: a sealed part of that number exists`, { hint: 'move it' });
    return;
  }
  const { bytes, cutBytes } = await cutAtLastLine(path);
  if (bytes === 0) {
    await unlink(path);
    return log.warn(`recover part ${path}: no whole line in it, deleted`, { cutBytes });
  }
  const sealed = await sealFile(path, compression, (_what, action) => action());
  log.warn(`recover part ${path}: sealed as ${sealed.part}`, { bytes, cutBytes });
}

/** Cuts the file after its last newline and syncs it. */
async function cutAtLastLine(path: string): Promise<{ bytes: number; cutBytes: number }> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const block = Buffer.alloc(blockBytes);
    let bytes = 0;
    for (let end = size; end > 0 && bytes === 0; end -= blockBytes) {
      const start = Math.max(0, end - blockBytes);
      const { bytesRead } = await file.read(block, 0, end - start, start);
      bytes = start + block.subarray(0, bytesRead).lastIndexOf('\n') + 1;
      if (!block.subarray(0, bytesRead).includes('\n')) bytes = 0;
    }
    await file.truncate(bytes);
    await file.sync();
    return { bytes, cutBytes: size - bytes };
  } finally {
    await file.close();
  }
}

async function describeParts(
  dayDir: string,
  instrument: Instrument,
  { root, log }: RecoveryOptions,
): Promise<void> {
  const records = await readPartRecords(dayDir);
  const sealed = (await listNames(dayDir)).filter(
    (name) => parsePartFileName(name)?.open === false,
  );
  for (const name of sealed) {
    if (records.has(name)) continue;
    const gaps: IdRange[] = [];
    const record = await describePart(join(dayDir, name), instrument, gaps);
    // First: a part that is described is not read again.
    if (gaps.length > 0) await new GapState(root, log).add(instrument, gaps);
    await appendPartRecord(dayDir, record);
    log.info(`describe part ${join(dayDir, name)}: it had no manifest line`);
  }
}
