// Derives one day again from its raw parts, into a scratch lake of its own: an ordinary run of the
// transformer that grows out of nothing but the ends of the days before and after. The lake itself is
// only read.

import { copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Day } from '../../lake/day.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { formatPartitionManifest } from '../../lake/partition-manifest.ts';
import { deriveInstrument } from '../../transformer/derive.ts';
import { type LedgerEntry, ledgerPath } from '../../transformer/ledger.ts';
import { quoteSecondsPath } from '../../transformer/partitions.ts';
import { digestFile, type Part } from '../../transformer/parts.ts';
import { statements } from './sql.ts';
import { datasets, type StoredDay, type StoredPartition } from './stored-day.ts';

export type DerivePlan = {
  session: DuckdbSession;
  root: string;
  /** Emptied first; holds the derived day afterwards. */
  scratch: string;
  instrument: Instrument;
  /** The parts to derive from. */
  parts: readonly Part[];
  /** Parts of the days around that are not read, as far as they are there, and what is known of them. */
  known: readonly { part: Part; entry: LedgerEntry }[];
  /** What is known of all parts of the days around that are not read. */
  entries: readonly LedgerEntry[];
  /** Whole days around, whose ends are taken as they stand. */
  before: readonly StoredDay[];
  after: readonly StoredDay[];
  /** Days around that have quote seconds to carry over. */
  quoteDays: readonly Day[];
  log: Log;
  onProgress: (bytes: number) => void;
  isStopped: () => boolean;
};

/** How much of a neighbouring day is taken over: more than a part's longest time. */
const seedSeconds = 4000;

export async function deriveDay(plan: DerivePlan): Promise<void> {
  const { session, scratch, instrument } = plan;
  await rm(scratch, { recursive: true, force: true });
  for (const stored of plan.before) await seedDay(plan, stored, 'end');
  for (const stored of plan.after) await seedDay(plan, stored, 'beginning');
  for (const day of plan.quoteDays) await seedQuotes(plan, day);
  await seedLedger(plan);
  await deriveInstrument(session, {
    instrument,
    into: scratch,
    parts: { pending: [...plan.parts], known: [...plan.known] },
    onProgress: plan.onProgress,
    isStopped: plan.isStopped,
    log: plan.log,
  });
}

async function seedDay(plan: DerivePlan, stored: StoredDay, side: 'end' | 'beginning') {
  for (const dataset of datasets) {
    const partition = stored[dataset];
    if (partition !== undefined) await seedPartition(plan, stored.day, partition, side);
  }
}

async function seedPartition(
  { session, scratch, instrument }: DerivePlan,
  day: Day,
  { dataset, path, manifest }: StoredPartition,
  side: 'end' | 'beginning',
): Promise<void> {
  if (manifest?.first_second == null || manifest.last_second == null) return;
  const first = Date.parse(manifest.first_second) / 1000;
  const last = Date.parse(manifest.last_second) / 1000;
  const target = partitionPath(scratch, dataset, instrument, day);
  await mkdir(dirname(target), { recursive: true });
  await session.setVariable('seed_path', path);
  await session.setVariable('seed_from', side === 'end' ? last - seedSeconds : first);
  await session.setVariable('seed_to', side === 'end' ? last + 1 : first + seedSeconds);
  await session.setVariable('output_path', target);
  const isBars = dataset === 'bars_1s';
  await session.run(isBars ? statements.writeSeedBars : statements.writeSeedTrades);
  const { size } = await stat(target);
  const seed = { ...manifest, sha256: await digestFile(target), bytes: size };
  const manifestPath = partitionManifestPath(scratch, dataset, instrument, day);
  await writeFile(manifestPath, formatPartitionManifest(seed));
}

/** By a copy: a link has the time of the original, and cleanup takes it for a leftover. */
async function seedQuotes({ root, scratch, instrument }: DerivePlan, day: Day): Promise<void> {
  const target = quoteSecondsPath(scratch, instrument, day);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(quoteSecondsPath(root, instrument, day), target);
}

async function seedLedger({ scratch, instrument, entries }: DerivePlan): Promise<void> {
  const lines = new Map<string, string[]>();
  for (const entry of entries) {
    const path = ledgerPath(scratch, instrument, entry.day);
    lines.set(path, [...(lines.get(path) ?? []), JSON.stringify(entry)]);
  }
  for (const [path, own] of lines) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${own.join('\n')}\n`);
  }
}
