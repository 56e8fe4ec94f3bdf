// The raw manifest: one line per sealed part, in `manifest.jsonl` beside the parts. It is written
// after the part is sealed, so a part without a line is whole but not described yet (a crash between
// the two), and a line never describes a part that can still change.

import { join } from 'node:path';
import { z } from 'zod';
import { appendLineDurably, readTextIfPresent } from './durable.ts';
import { findJson } from './json.ts';
import { rawManifestName } from './layout.ts';

const nullableInteger = z.int().nullable();

const partRecordSchema = z.object({
  /** File name of the sealed part, `part_0007.jsonl`. */
  part: z.string(),
  /** Size of the file in bytes. */
  bytes: z.int(),
  /** Lines, control lines included. */
  lines: z.int(),
  /** SHA-256 of the file, hex. */
  sha256: z.string(),
  /** Frames per stream name. */
  streams: z.record(z.string(), z.int()),
  /** Lowest and highest receive time, µs since the epoch; null where the part has no line. */
  first_recv: nullableInteger,
  last_recv: nullableInteger,
  /** Lowest and highest exchange event time of the frames that carry one, µs since the epoch. */
  first_event: nullableInteger,
  last_event: nullableInteger,
  /** Lowest and highest trade id, null where the part holds no trade. */
  first_trade_id: nullableInteger,
  last_trade_id: nullableInteger,
  /** Where the part was taken from, `<root of another lake>/raw/…/part_0007.jsonl`, by an import. */
  origin: z.string().optional(),
});

/** What the raw manifest says of one sealed part. */
export type PartRecord = z.infer<typeof partRecordSchema>;

/** Appends a part's line to the manifest of its day folder, durably. */
export async function appendPartRecord(dayDir: string, record: PartRecord): Promise<void> {
  await appendLineDurably(join(dayDir, rawManifestName), JSON.stringify(record));
}

/**
 * The records of a day folder by part file name. A torn or foreign line is left out: the part it
 * was meant for counts as not described, and is described again from its bytes by whoever needs it.
 */
export async function readPartRecords(dayDir: string): Promise<Map<string, PartRecord>> {
  return parsePartRecords((await readTextIfPresent(join(dayDir, rawManifestName))) ?? '');
}

/** The records of a manifest's text by part file name. */
export function parsePartRecords(text: string): Map<string, PartRecord> {
  const records = new Map<string, PartRecord>();
  for (const line of text.split('\n')) {
    const record = parsePartRecord(line);
    if (record !== undefined) records.set(record.part, record);
  }
  return records;
}

/**
 * The records that `isWanted`, newest first, until `count` of them are of this lake's own parts: what was
 * imported in between may be old, and is not counted.
 */
export async function readLatestPartRecords(
  dayDir: string,
  count: number,
  isWanted: (record: PartRecord) => boolean,
): Promise<PartRecord[]> {
  const text = (await readTextIfPresent(join(dayDir, rawManifestName))) ?? '';
  const records: PartRecord[] = [];
  let own = 0;
  for (let end = text.length; end > 0 && own < count; ) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const record = parsePartRecord(text.slice(start, end));
    end = start - 1;
    if (record === undefined || !isWanted(record)) continue;
    records.push(record);
    if (record.origin === undefined) own++;
  }
  return records;
}

function parsePartRecord(line: string): PartRecord | undefined {
  return partRecordSchema.safeParse(findJson(line)).data;
}
