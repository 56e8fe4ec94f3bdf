// The raw parts of an instrument as the transformer finds them: sealed ones only, in the order in which
// they were written. What else lies below `raw/` is passed over (`strays.ts` names it).

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findExchange } from '../exchanges/exchanges.ts';
import { isSymbol } from '../lake/config-schema.ts';
import { type Day, isDay } from '../lake/day.ts';
import { listEntries } from '../lake/durable.ts';
import {
  type Instrument,
  type PartCompression,
  parsePartFileName,
  rawDayDir,
  rawDir,
} from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';

export type Part = {
  /** Path below the root, `raw/binance/BTCUSDT/2024-08-08/part_0001.jsonl`: its identity. */
  name: string;
  path: string;
  /** Day of receipt. */
  day: Day;
  number: number;
  bytes: number;
  compression: PartCompression;
  /** From the raw manifest; undefined where that does not describe the part. */
  sha256: string | undefined;
};

/** A part that is described and gone. */
export type LostPart = { name: string; firstTradeId: number | null; lastTradeId: number | null };

/** Every instrument that has a raw folder, by name. */
export async function listInstruments(root: string): Promise<Instrument[]> {
  const instruments: Instrument[] = [];
  const raw = join(root, 'raw');
  for (const exchange of (await listEntries(raw)).folders.filter(isExchange)) {
    const symbols = (await listEntries(join(raw, exchange))).folders.filter(isSymbol);
    for (const symbol of symbols) instruments.push({ exchange, symbol });
  }
  return instruments;
}

export function isExchange(name: string): boolean {
  return findExchange(name) !== undefined;
}

/** The days of receipt of which there is a folder, ascending. */
export async function listRawDays(root: string, instrument: Instrument): Promise<Day[]> {
  return (await listEntries(rawDir(root, instrument))).folders.filter(isDay);
}

/** The sealed parts of an instrument, oldest first. */
export async function listParts(root: string, instrument: Instrument): Promise<Part[]> {
  const parts: Part[] = [];
  for (const day of await listRawDays(root, instrument))
    parts.push(...(await listDayParts(root, instrument, day)));
  return parts;
}

/** The sealed parts of one receipt day, oldest first. */
export async function listDayParts(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<Part[]> {
  const folder = rawDayDir(root, instrument, day);
  const records = await readPartRecords(folder);
  const parts: Part[] = [];
  for (const fileName of (await listEntries(folder)).files) {
    const parsed = parsePartFileName(fileName);
    if (parsed === undefined || parsed.open) continue;
    const path = join(folder, fileName);
    const record = records.get(fileName);
    parts.push({
      name: relative(root, path),
      path,
      day,
      number: parsed.number,
      bytes: record?.bytes ?? (await stat(path)).size,
      compression: parsed.compression,
      sha256: record?.sha256,
    });
  }
  return parts.sort((a, b) => a.number - b.number);
}

/** Parts that the raw manifests of these days describe and that are not there in any form. */
export async function listLostParts(
  root: string,
  instrument: Instrument,
  days: readonly Day[],
): Promise<LostPart[]> {
  const lost: LostPart[] = [];
  for (const day of days) {
    const folder = rawDayDir(root, instrument, day);
    const { files } = await listEntries(folder);
    const stems = new Set(files.map((name) => parsePartFileName(name)?.stem));
    for (const [part, record] of await readPartRecords(folder)) {
      if (stems.has(parsePartFileName(part)?.stem)) continue;
      const { first_trade_id: firstTradeId, last_trade_id: lastTradeId } = record;
      lost.push({ name: relative(root, join(folder, part)), firstTradeId, lastTradeId });
    }
  }
  return lost;
}

/** SHA-256 of the part's file, hex: from the raw manifest, else from its bytes. */
export async function findPartDigest(part: Part): Promise<string> {
  return part.sha256 ?? (await digestFile(part.path));
}

/** SHA-256 of a file, hex. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
