// Brings one instrument's live tail up to date: what was sealed since into the sealed layer, then the parts being
// written into the open one. Nothing else is written. What a publication comes in between is made again.

import type { DuckdbSession } from '../../lake/duckdb.ts';
import { type Instrument, tempDir } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { planBatches } from '../batches.ts';
import { listRawDays, type Part } from '../parts.ts';
import type { PartSets } from '../run-plan.ts';
import { readVenueSql } from '../session.ts';
import { findVenue } from '../venue.ts';
import { type Derivation, deriveOpen } from './derive-tail.ts';
import { extendSealed } from './extend-sealed.ts';
import { measureWholeLines } from './open-copy.ts';
import type { KeptFrames } from './open-frames.ts';
import { readOpenLayer, writeOpenLayer } from './open-layer.ts';
import { isCurrent, readSealedLayer, type SealedLayer } from './sealed-layer.ts';
import { readStanding, type Standing } from './standing.ts';
import { dropNextTail, nextTailDir, tailDir } from './tail-files.ts';
import { listTailParts } from './tail-parts.ts';
import { openInstrumentSession } from './tail-session.ts';
import { readTailStamp } from './tail-stamp.ts';

export type RefreshContext = {
  session: DuckdbSession;
  root: string;
  log: Log;
  compression: string;
  /** By instrument. */
  desks: Map<string, Desk>;
};

/** What is kept of an instrument between two refreshes. It can be lost. */
export type Desk = {
  session: DuckdbSession;
  /** What stood when it was last looked at. */
  standing?: Standing | undefined;
  /** What the session holds of the parts being written. */
  kept?: KeptFrames | undefined;
};

/** Publications that come in between, and seals that make a refresh fail, before what it meets is told. */
const maxAttempts = 5;

export async function refreshInstrument(
  context: RefreshContext,
  instrument: Instrument,
): Promise<void> {
  const { root, desks } = context;
  const key = `${instrument.exchange}/${instrument.symbol}`;
  const readStamp = async () =>
    readTailStamp(root, instrument, await listRawDays(root, instrument));
  for (let attempt = 1; ; attempt++) {
    const before = await readStamp();
    const desk = desks.get(key) ?? {
      session: await openInstrumentSession(context.session, context.compression),
    };
    desks.set(key, desk);
    const isKnown = desk.standing?.stamp === before.standing;
    try {
      if (!isKnown) desk.standing = await readStanding(root, instrument, before.standing);
      await refreshOnce(context, desk, desk.standing!, before.raw);
      // What was sealed meanwhile comes with the next refresh.
      if ((await readStamp()).standing === before.standing || attempt === maxAttempts) return;
    } catch (thrown) {
      desks.delete(key);
      desk.session.close();
      const after = await readStamp();
      const isSame = before.standing === after.standing && before.raw === after.raw;
      // A day may be gone away of which it was known that it stands.
      if (attempt === maxAttempts || (isSame && !isKnown)) throw thrown;
    }
  }
}

async function refreshOnce(
  { root, log }: RefreshContext,
  desk: Desk,
  standing: Standing,
  raw: string,
): Promise<void> {
  const { session } = desk;
  const { instrument } = standing;
  const parts = await listTailParts(root, instrument, standing.ledger);
  const pending = await measureOpenParts(parts.open);
  const lengths = pending.map(({ name, bytes }) => `${name} ${bytes}`);
  const inputs = [standing.stamp, raw, parts.pending.length, ...lengths].join('\n');
  const isMade = (await readOpenLayer(root, instrument))?.inputs === inputs;
  if (isMade && (await readSealedLayer(root, instrument)) !== undefined) return;
  const venue = readVenueSql(findVenue(instrument.exchange).sqlDir);
  const derivation = { session, standing, venue, log, scratchDir: tempDir(root, 'live') };
  const kept = desk.kept;
  // Until it is known what the session holds.
  desk.kept = undefined;
  const { layer, isSame } = await refreshSealed(derivation, parts);
  const sets = { pending, known: listKnown(parts, layer) };
  desk.kept = await deriveOpen(derivation, layer, sets, isSame ? kept : undefined);
  const names = pending.map(({ name }) => name);
  await writeOpenLayer(session, root, instrument, { inputs, parts: names });
}

/** The parts as far as they can be read now. */
async function measureOpenParts(open: readonly Part[]): Promise<Part[]> {
  const measured: Part[] = [];
  for (const part of open) {
    measured.push({ ...part, bytes: await measureWholeLines(part.path), sha256: '' });
  }
  return measured;
}

/** The layer with all sealed parts in it, as far as these need not wait; whether it was so before. */
async function refreshSealed(
  derivation: Derivation,
  parts: PartSets,
): Promise<{ layer: SealedLayer; isSame: boolean }> {
  const { root, instrument, stamp } = derivation.standing;
  const found = await readSealedLayer(root, instrument);
  let layer = found && isCurrent(found, stamp, parts.pending) ? found : undefined;
  const done = new Set([
    ...(layer?.entries.map(({ part }) => part) ?? []),
    ...(layer?.waiting ?? []),
  ]);
  const batches = planBatches(parts.pending.filter((part) => !done.has(part.name)));
  if (batches.length === 0 && layer === undefined) batches.push([]);
  // What has several steps appears as a whole: until then the one before is shown.
  const next = nextTailDir(root, instrument);
  // What one that did not get so far has left.
  if (batches.length > 0) await dropNextTail(root, instrument);
  for (const [at, batch] of batches.entries()) {
    const known = listKnown(parts, layer);
    const dir = at < batches.length - 1 ? next : tailDir(root, instrument);
    layer = await extendSealed(derivation, layer, { pending: batch, known }, dir);
  }
  return { layer: layer!, isSame: batches.length === 0 };
}

/** The parts that were read before: by runs, and for the layer. */
function listKnown({ pending, known }: PartSets, layer: SealedLayer | undefined) {
  const entries = new Map(layer?.entries.map((entry) => [entry.part, entry]));
  const own = pending.flatMap((part) => {
    const entry = entries.get(part.name);
    return entry === undefined ? [] : [{ part, entry }];
  });
  return [...known, ...own];
}
