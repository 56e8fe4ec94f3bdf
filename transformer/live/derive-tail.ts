// Derives what parts add to what is known, as a run would, into the session's `tail_bars` and `tail_trades`. Nothing
// is published: no partition, no ledger, no quarantine.

import type { Day } from '../../lake/day.ts';
import { partitionPath } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { planBatches } from '../batches.ts';
import { findRanges } from '../changes.ts';
import { type Extraction, extractBatch } from '../extract.ts';
import { findEdge } from '../known.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { Part } from '../parts.ts';
import type { Publication, Stored } from '../publication.ts';
import { listWaiting } from '../publish.ts';
import { dayOfSecond, type Range } from '../range.ts';
import type { PartSets } from '../run-plan.ts';
import { statements, type VenueSql } from '../session.ts';
import { deriveRange } from '../stage-range.ts';
import { type KeptFrames, readOpenParts } from './open-frames.ts';
import { addToKnown, type SealedLayer } from './sealed-layer.ts';
import type { Standing } from './standing.ts';
import { tailStatements } from './tail-session.ts';

export type Derivation = Pick<Publication, 'session'> & {
  standing: Standing;
  venue: VenueSql;
  log: Log;
  scratchDir: string;
};

type Read = (parts: readonly Part[]) => Promise<LedgerEntry[]>;

/** What sealed parts say, beside what stands and what the layer holds. */
export function deriveSealed(
  derivation: Derivation,
  layer: SealedLayer | undefined,
  { pending, known }: PartSets,
): Promise<LedgerEntry[]> {
  return deriveTail(derivation, layer, pending, (parts) => readParts(derivation, parts, known));
}

/** The same of parts being written; the frames that stay in the session, and may be given next time. */
export async function deriveOpen(
  derivation: Derivation,
  layer: SealedLayer,
  { pending, known }: PartSets,
  kept: KeptFrames | undefined,
): Promise<KeptFrames | undefined> {
  let left = kept;
  const read: Read = async (parts) => {
    const found = await readOpenParts(describe(derivation), { pending: [...parts], known }, left);
    left = found.kept;
    return found.entries;
  };
  const entries = await deriveTail(derivation, layer, pending, read);
  return entries.length === 0 ? undefined : left;
}

/** Parts that need a day that is away are left out, as a run leaves them out. */
async function deriveTail(
  derivation: Derivation,
  layer: SealedLayer | undefined,
  pending: readonly Part[],
  read: Read,
): Promise<LedgerEntry[]> {
  const { session, standing } = derivation;
  const { instrument, stored } = standing;
  const base = { ...standing, ...addToKnown(standing, layer), session, discarded: new Set<Day>() };
  await session.setVariable('exchange', instrument.exchange);
  await session.setVariable('symbol', instrument.symbol);
  await session.run(tailStatements.tables);
  for (let parts = pending; parts.length > 0; ) {
    const fresh = await read(parts);
    const waiting = await deriveRanges({ ...base, fresh }, stored);
    if (waiting.size === 0) return fresh;
    parts = parts.filter((part) => !waiting.has(part.name));
  }
  await session.run(statements.tables);
  return [];
}

function describe({ session, venue, log, scratchDir }: Derivation): Extraction {
  return {
    session,
    venue,
    scratchDir,
    log,
    keepBadLines: async () => {},
    // A part that a day holds already brings it nothing twice: its trades have their ids.
    listDoneDays: async () => [],
  };
}

async function readParts(
  derivation: Derivation,
  parts: readonly Part[],
  known: PartSets['known'],
): Promise<LedgerEntry[]> {
  const extraction = describe(derivation);
  await extraction.session.run(statements.tables);
  const read: PartSets['known'] = [];
  for (const batch of planBatches(parts)) {
    const entries = await extractBatch(extraction, batch, [...known, ...read]);
    read.push(...batch.map((part, at) => ({ part, entry: entries[at]! })));
  }
  return read.map(({ entry }) => entry);
}

/** Derives all that changes, or nothing where parts have to wait: the names of these. */
async function deriveRanges(publication: Publication, stored: Stored): Promise<Set<string>> {
  const { ranges, waits } = await findRanges(publication, stored);
  if (waits.length > 0) {
    return new Set(listWaiting(publication.fresh, waits).map(({ part }) => part));
  }
  for (const range of ranges) {
    // The new trades are asked for once more, for what they brought.
    const work = { ...publication, stored, range, isLast: false, lastTradeIds: new Map() };
    await deriveRange(work);
    await publication.session.run(tailStatements.takeRange);
    await takeLostBars(publication, stored.bars, range);
  }
  return new Set();
}

async function takeLostBars(
  { session, root, instrument, away, tail }: Publication,
  days: readonly Day[],
  { from, to }: Range,
): Promise<void> {
  const edge = findEdge(tail, from);
  const [first, last] = [dayOfSecond(from), dayOfSecond(to - 1)];
  const stored = days
    .filter((day) => day >= first && day <= last && !away.has(day))
    .map((day) => partitionPath(root, 'bars_1s', instrument, day));
  const all = tail === undefined ? stored : [...stored, tail.files.bars];
  const paths = edge === undefined ? all : [edge.bars];
  if (paths.length === 0) return;
  await session.setVariable('bar_paths', paths);
  await session.run(tailStatements.takeLostBars);
}
