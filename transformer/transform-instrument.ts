// One instrument's run: which of its parts are new, batch by batch into the session, and out to
// partitions. Cost follows what is new.

import type { Exchange } from '../exchanges/exchange.ts';
import type { Day } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import { type Instrument, partitionManifestPath, transformStateDir } from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { planBatches } from './batches.ts';
import { recoverCommit } from './commit.ts';
import { extractBatch } from './extract.ts';
import { type LedgerEntry, readLedger } from './ledger.ts';
import { listPartitionDays } from './partitions.ts';
import { listParts, type Part } from './parts.ts';
import { publish } from './publish.ts';
import { readVenueSql, statements } from './session.ts';

export type InstrumentRun = {
  session: DuckdbSession;
  root: string;
  exchange: Exchange;
  instrument: Instrument;
  /** Only parts received on this UTC day. */
  date: Day | undefined;
  /** Read all parts again, as if none had been transformed. */
  rebuild: boolean;
  /** Called with the bytes of raw parts done. */
  onProgress: (bytes: number) => void;
  /** Checked between batches: what is done is published, the rest is left to the next run. */
  isStopped: () => boolean;
};

export type InstrumentResult = { parts: number; frames: number; linesQuarantined: number };

/** Above this many trades, what has been read is published before more is read. */
const maxPendingTrades = 3_000_000;

/** Parts of the instrument that no run has transformed yet; all of them for a rebuild. */
export async function listPendingParts(
  root: string,
  instrument: Instrument,
  { date, rebuild }: { date: Day | undefined; rebuild: boolean },
): Promise<Part[]> {
  const parts = await listParts(root, instrument);
  const chosen = date === undefined ? parts : parts.filter((part) => part.day === date);
  if (rebuild) return chosen;
  const done = await readLedger(
    root,
    instrument,
    chosen.map((part) => part.day),
  );
  return chosen.filter((part) => !done.has(part.name));
}

export async function transformInstrument(
  run: InstrumentRun,
  pending: readonly Part[],
): Promise<InstrumentResult> {
  const { session, root, instrument } = run;
  await recoverCommit(transformStateDir(root, instrument));
  await session.run(statements.tables);
  const venue = readVenueSql(run.exchange.sqlDir);
  const discarded = await listDaysToDiscard(run, pending);
  const known = await listKnownParts(run, pending);
  const result: InstrumentResult = { parts: 0, frames: 0, linesQuarantined: 0 };
  let fresh: LedgerEntry[] = [];
  const batches = planBatches(pending);
  for (const [index, batch] of batches.entries()) {
    const entries = await extractBatch(session, venue, root, batch, known);
    known.push(...batch.map((part, at) => ({ part, entry: entries[at]! })));
    fresh.push(...entries);
    for (const entry of entries) {
      result.frames += entry.frames;
      result.linesQuarantined += entry.linesQuarantined;
    }
    result.parts += batch.length;
    run.onProgress(batch.reduce((total, part) => total + part.bytes, 0));
    const isLast = index === batches.length - 1 || run.isStopped();
    if (!isLast && (await countPendingTrades(session)) < maxPendingTrades) continue;
    await publish({ session, root, instrument, fresh, discarded });
    fresh = [];
    if (isLast) break;
  }
  return result;
}

async function countPendingTrades(session: DuckdbSession): Promise<number> {
  const [row] = await session.all(statements.countPendingTrades);
  return Number(row!.trades);
}

/** Parts done before that may share seconds with pending ones, by their ledger entries. */
async function listKnownParts(
  { root, instrument }: InstrumentRun,
  pending: readonly Part[],
): Promise<{ part: Part; entry: LedgerEntry }[]> {
  const parts = await listParts(root, instrument);
  const entries = await readLedger(
    root,
    instrument,
    parts.map((part) => part.day),
  );
  const isPending = new Set(pending.map((part) => part.name));
  return parts.flatMap((part) => {
    const entry = isPending.has(part.name) ? undefined : entries.get(part.name);
    return entry === undefined ? [] : [{ part, entry }];
  });
}

/**
 * Days all of whose inputs are about to be read again: they are derived from nothing, so that what
 * stands there (a rebuild's reason, or a ledger that was lost) has no say. A day with an input that
 * is gone keeps what it has.
 */
async function listDaysToDiscard(
  { root, instrument }: InstrumentRun,
  pending: readonly Part[],
): Promise<Set<Day>> {
  const names = new Set(pending.map((part) => part.name));
  const discarded = new Set<Day>();
  for (const day of await listPartitionDays(root, 'bars_1s', instrument)) {
    const manifest = await readPartitionManifest(
      partitionManifestPath(root, 'bars_1s', instrument, day),
    );
    const inputs = manifest?.inputs ?? [];
    if (inputs.length > 0 && inputs.every((input) => names.has(input.part))) discarded.add(day);
  }
  return discarded;
}
