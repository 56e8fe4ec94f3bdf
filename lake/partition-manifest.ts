// The partition manifest, `<dataset>.manifest.json` beside the Parquet file: what the partition was made
// of, what it holds and what it lacks. Ranges are [first, last], both inclusive.

import { z } from 'zod';
import { readTextIfPresent } from './durable.ts';
import { OperationalError } from './errors.ts';
import { findJson } from './json.ts';

export const partitionSchemaVersion = 1;

/** A revision that was replaced: what it was, and what its successor changed. */
const pastRevisionSchema = z.object({
  revision: z.int().positive(),
  /** Of the Parquet file it was, hex. */
  sha256: z.string(),
  /** Why it was replaced: more of the day was heard, trades were filled in, it was derived anew. */
  reason: z.enum(['live', 'fill', 'rebuild']),
  /** Seconds whose rows the successor changed, added or removed: ranges, ISO 8601. */
  seconds_changed: z.array(z.tuple([z.string(), z.string()])),
});

const tradeId = z.int().nullable();
const inputSchema = z.object({
  /** Path of the raw part below the root. */
  part: z.string(),
  sha256: z.string(),
});

const partitionManifestSchema = z.object({
  schema_version: z.literal(partitionSchemaVersion),
  /** Counts the times this partition was published with other content. */
  revision: z.int().positive(),
  rows: z.int(),
  /** ISO 8601, UTC; null where the partition has no row. */
  first_second: z.string().nullable(),
  last_second: z.string().nullable(),
  /** Of the Parquet file, hex. */
  sha256: z.string(),
  /** Size of the Parquet file; absent in manifests of version 0.1. */
  bytes: z.int().optional(),
  inputs: z.array(inputSchema),
  /** Seconds of the day that are observed: they have a row in bars_1s. */
  seconds_covered: z.int(),
  /**
   * The last second these two speak of: the day's last one, or the last one observed while nothing later
   * is known. Null where none is; absent in manifests of version 0.1.
   */
  through: z.string().nullable().optional(),
  /** Ranges of seconds of the day, up to `through`, that are not observed, ISO 8601. */
  seconds_missing: z.array(z.tuple([z.string(), z.string()])),
  first_trade_id: tradeId,
  last_trade_id: tradeId,
  missing_trade_ids: z.array(z.tuple([z.int(), z.int()])),
  duplicates_removed: z.int(),
  trades_filled: z.int(),
  lines_quarantined: z.int(),
  /** The last comparison with the exchange's own klines; null before the first. */
  reconcile: z.unknown(),
  /** Earlier revisions, oldest first; the latest 100. */
  revisions: z.array(pastRevisionSchema).default([]),
});

export type PartitionManifest = z.infer<typeof partitionManifestSchema>;
export type PastRevision = z.infer<typeof pastRevisionSchema>;
export type PartitionInput = z.infer<typeof inputSchema>;

/** Earlier revisions a manifest keeps. */
export const maxRevisions = 100;

/** The manifest at `path`, undefined where there is none. Throws where it cannot be read. */
export async function readPartitionManifest(path: string): Promise<PartitionManifest | undefined> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const result = partitionManifestSchema.safeParse(findJson(text));
  if (result.success) return result.data;
  throw new OperationalError(`read manifest ${path}: it is damaged`, {
    hint: 'run --mode transform, which makes it again',
    cause: result.error,
  });
}

export function formatPartitionManifest(manifest: PartitionManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}
