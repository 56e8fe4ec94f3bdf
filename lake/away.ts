// A partition whose Parquet file was deleted here on purpose, because every store has it: its manifest
// stays, and `<dataset>.uploaded.json` beside it says where the file lies. Whoever finds the file missing
// asks here before calling it damaged.

import { z } from 'zod';
import type { Day } from './day.ts';
import { readTextIfPresent, writeFileDurably } from './durable.ts';
import { OperationalError } from './errors.ts';
import { findJson } from './json.ts';
import { awayPath, type Dataset, type Instrument } from './layout.ts';

const awaySchema = z.object({
  /** Of the Parquet file, hex; the same as in the manifest. */
  sha256: z.string(),
  bytes: z.int(),
  /** ISO 8601, UTC. */
  deleted_at: z.string(),
  stores: z.array(z.object({ store: z.string(), url: z.string(), key: z.string() })),
});
export type Away = z.infer<typeof awaySchema>;

/** Where the partition's file lies, undefined where it was not sent away. Throws where that is unreadable. */
export async function readAway(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
): Promise<Away | undefined> {
  const path = awayPath(root, dataset, instrument, day);
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const result = awaySchema.safeParse(findJson(text));
  if (result.success) return result.data;
  throw new OperationalError(`read ${path}: it is damaged`, {
    hint: `run --mode restore --date ${day}, which brings the Parquet file back`,
    cause: result.error,
  });
}

/** Says that the file lies elsewhere. Written before the file is deleted. */
export async function writeAway(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
  away: Away,
): Promise<void> {
  const path = awayPath(root, dataset, instrument, day);
  await writeFileDurably(path, `${JSON.stringify(away, null, 1)}\n`);
}
