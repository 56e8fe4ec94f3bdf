// One instrument's run: which of its parts are new, batch by batch into the session, and out to
// partitions. Cost follows what is new.

import type { Exchange } from '../exchanges/exchange.ts';
import type { Day } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import { type Instrument, partitionManifestPath } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { planBatches } from './batches.ts';
import { extractBatch } from './extract.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { listPartitionDays } from './partitions.ts';
import { listParts, type Part } from './parts.ts';
import { publish } from './publish.ts';
import { readVenueSql, statements } from './session.ts';

export type InstrumentRun = {
  session: DuckdbSession;
  root: string;
  exchange: Exchange;
  instrument: Instrument;
  ledger: Ledger;
  log: Log;
  /** Called with the bytes of raw parts done. */
  onProgress: (bytes: number) => void;
  /** Checked between batches: what is done is published, the rest is left to the next run. */
  isStopped: () => boolean;
};

export type InstrumentResult = { parts: number; frames: number; linesQuarantined: number };

/** Above this many trades, what has been read is published before more is read. */
const maxPendingTrades = 3_000_000;

/** The parts of an instrument: those to read now, and those read before. */
export type PartSets = { pending: Part[]; known: { part: Part; entry: LedgerEntry }[] };

/** Sorts the sealed parts into what no run has transformed yet (all of them for a rebuild) and the rest. */
export async function sortParts(
  root: string,
  instrument: Instrument,
  ledger: Ledger,
  { date, rebuild = false }: { date?: Day | undefined; rebuild?: boolean | undefined },
): Promise<PartSets> {
  const parts = await listParts(root, instrument);
  const done = await ledger.read(parts.map((part) => part.day));
  const sets: PartSets = { pending: [], known: [] };
  for (const part of parts) {
    const entry = done.get(part.name);
    const isChosen = date === undefined || part.day === date;
    if (isChosen && (rebuild || entry === undefined)) sets.pending.push(part);
    else if (entry !== undefined) sets.known.push({ part, entry });
  }
  return sets;
}

export async function transformInstrument(
  run: InstrumentRun,
  { pending, known }: PartSets,
): Promise<InstrumentResult> {
  const { session, root, instrument, ledger } = run;
  await session.run(statements.tables);
  const extraction = { session, venue: readVenueSql(run.exchange.sqlDir), root, log: run.log };
  const discarded = await listDaysToDiscard(run, pending);
  const result: InstrumentResult = { parts: 0, frames: 0, linesQuarantined: 0 };
  let fresh: LedgerEntry[] = [];
  const batches = planBatches(pending);
  for (const [index, batch] of batches.entries()) {
    const entries = await extractBatch(extraction, batch, known);
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
    await publish({ session, root, instrument, ledger, fresh, discarded });
    fresh = [];
    if (isLast) break;
  }
  return result;
}

async function countPendingTrades(session: DuckdbSession): Promise<number> {
  const [row] = await session.all(statements.countPendingTrades);
  return Number(row!.trades);
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
