// Brings one instrument's live tail up to date: what was sealed since into the sealed layer, then the parts being
// written into the open one. Nothing else is written. What a publication comes in between is made again.

import { join } from 'node:path';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { type Instrument, tempDir } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { planBatches } from '../batches.ts';
import { listRawDays, type Part } from '../parts.ts';
import type { PartSets } from '../run-plan.ts';
import { readVenueSql } from '../session.ts';
import { findVenue } from '../transform-lake.ts';
import { type Derivation, deriveTail } from './derive-tail.ts';
import { extendSealed } from './extend-sealed.ts';
import { copyWholeLines } from './open-copy.ts';
import { isMadeOf, writeOpenLayer } from './open-layer.ts';
import { isCurrent, readSealedLayer, type SealedLayer } from './sealed-layer.ts';
import { readStanding, type Standing } from './standing.ts';
import { listTailParts } from './tail-parts.ts';
import { readTailStamp } from './tail-stamp.ts';

export type RefreshContext = {
  session: DuckdbSession;
  root: string;
  log: Log;
  /** What stood of each instrument when it was last looked at. */
  standings: Map<string, Standing>;
};

/** Publications that come in between, and seals that make a refresh fail, before what it meets is told. */
const maxAttempts = 5;

export async function refreshInstrument(
  context: RefreshContext,
  instrument: Instrument,
): Promise<void> {
  const { root, standings } = context;
  const key = `${instrument.exchange}/${instrument.symbol}`;
  const readStamp = async () =>
    readTailStamp(root, instrument, await listRawDays(root, instrument));
  for (let attempt = 1; ; attempt++) {
    const before = await readStamp();
    const known = standings.get(key);
    const isKnown = known?.stamp === before.standing;
    try {
      const standing = isKnown ? known : await readStanding(root, instrument, before.standing);
      standings.set(key, standing);
      await refreshOnce(context, standing, before.raw);
      // What was sealed meanwhile comes with the next refresh.
      if ((await readStamp()).standing === before.standing || attempt === maxAttempts) return;
    } catch (thrown) {
      standings.delete(key);
      const after = await readStamp();
      const isSame = before.standing === after.standing && before.raw === after.raw;
      // A day may be gone away of which it was known that it stands.
      if (attempt === maxAttempts || (isSame && !isKnown)) throw thrown;
    }
  }
}

async function refreshOnce(
  { session, root, log }: RefreshContext,
  standing: Standing,
  raw: string,
): Promise<void> {
  const { instrument } = standing;
  const parts = await listTailParts(root, instrument, standing.ledger);
  const scratchDir = tempDir(root, 'live');
  const pending = await copyOpenParts(parts.open, scratchDir);
  const lengths = pending.map(({ name, bytes }) => `${name} ${bytes}`);
  const inputs = [standing.stamp, raw, parts.pending.length, ...lengths].join('\n');
  const isMade = await isMadeOf(root, instrument, inputs);
  if (isMade && (await readSealedLayer(root, instrument)) !== undefined) return;
  const venue = readVenueSql(findVenue(instrument.exchange).sqlDir);
  const derivation = { session, standing, venue, log, scratchDir };
  const layer = await refreshSealed(derivation, parts);
  await deriveTail(derivation, layer, { pending, known: listKnown(parts, layer) });
  await writeOpenLayer(session, root, instrument, inputs);
}

/** The parts as they are now: copies that do not change. */
async function copyOpenParts(open: readonly Part[], scratchDir: string): Promise<Part[]> {
  const copies: Part[] = [];
  for (const [index, part] of open.entries()) {
    const path = join(scratchDir, `open-${index}.jsonl`);
    const bytes = await copyWholeLines(part.path, path);
    copies.push({ ...part, path, bytes, sha256: '' });
  }
  return copies;
}

/** The layer with all sealed parts in it, as far as these need not wait. */
async function refreshSealed(derivation: Derivation, parts: PartSets): Promise<SealedLayer> {
  const { root, instrument, stamp } = derivation.standing;
  const found = await readSealedLayer(root, instrument);
  let layer = found && isCurrent(found, stamp, parts.pending) ? found : undefined;
  const done = new Set([
    ...(layer?.entries.map(({ part }) => part) ?? []),
    ...(layer?.waiting ?? []),
  ]);
  const batches = planBatches(parts.pending.filter((part) => !done.has(part.name)));
  if (batches.length === 0 && layer === undefined) batches.push([]);
  for (const batch of batches) {
    const known = listKnown(parts, layer);
    layer = await extendSealed(derivation, layer, { pending: batch, known });
  }
  return layer!;
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
