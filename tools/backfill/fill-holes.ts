// Fills what the manifests of one symbol call missing: from REST by id, and from the archive what REST
// does not have. A hole of whole hours goes to the archive first, which brings a day for one request.
// What neither has stays missing, and is remembered.

import type { Instrument } from '../../lake/layout.ts';
import { type AskedEntry, noteAbsent, planAsk } from './asked.ts';
import { readAsked, writeAsked } from './asked-file.ts';
import { type FillRequest, fillIdsFromArchive, withFillWork } from './fill.ts';
import { type Holes, planHoles } from './holes.ts';
import { type IdRange, intersectRanges, subtractRanges } from './id-ranges.ts';
import { readKnownDays } from './known-ids.ts';
import { fillFromRest } from './rest-fill.ts';
import { readWaitingIds } from './waiting-ids.ts';

export type FoundHoles = Holes & {
  asked: AskedEntry[];
  /** What is to be asked for now. */
  restDue: IdRange[];
  archiveDue: IdRange[];
};

export type HoleOutcome = {
  restTrades: number;
  archiveTrades: number;
  /** Missing and not filled: not available, or not asked for again yet. */
  left: IdRange[];
  defects: string[];
  parts: string[];
};

/** Above so many ids in a row the archive is asked first: as many trades as REST brings in a minute. */
const archiveFirstIds = 90_000;

export async function findHoles(
  root: string,
  instrument: Instrument,
  nowUs: number,
): Promise<FoundHoles> {
  const found = planHoles(await readKnownDays(root, instrument));
  const waiting = await readWaitingIds(root, instrument);
  const holes = { ...found, missing: subtractRanges(found.missing, waiting) };
  const asked = holes.missing.length === 0 ? [] : await readAsked(root, instrument);
  return {
    ...holes,
    asked,
    restDue: planAsk(holes.missing, asked, 'rest', nowUs),
    archiveDue: planAsk(holes.missing, asked, 'archive', nowUs),
  };
}

/** Fills what is due. The caller holds the lock `rest`. */
export async function fillHoles(request: FillRequest, holes: FoundHoles): Promise<HoleOutcome> {
  const { context, instrument } = request;
  const { root } = context.config;
  const { missing, restDue, archiveDue } = holes;
  let { asked } = holes;
  const outcome = await withFillWork(request, async (work) => {
    const isLong = ([first, last]: IdRange) => last - first >= archiveFirstIds;
    const long = intersectRanges(missing.filter(isLong), archiveDue);
    const early = await fillIdsFromArchive(work, long);
    const restAsked = subtractRanges(restDue, subtractRanges(long, early.absent));
    const rest = await fillFromRest(work, restAsked);
    const inRest = subtractRanges(restAsked, rest.absent);
    const lateAsked = subtractRanges(archiveDue, [...long, ...inRest]);
    const late = await fillIdsFromArchive(work, lateAsked);
    const nowUs = context.clock.nowUs();
    const found = [
      ...subtractRanges(long, early.absent),
      ...inRest,
      ...subtractRanges(lateAsked, late.absent),
    ];
    const left = subtractRanges(missing, found);
    asked = noteAbsent(asked, left, {
      source: 'rest',
      absent: rest.absent,
      unpublished: false,
      nowUs,
    });
    for (const { absent, isUnpublished } of [early, late]) {
      const answer = { absent, unpublished: isUnpublished, nowUs };
      asked = noteAbsent(asked, left, { source: 'archive', ...answer });
    }
    return {
      restTrades: rest.trades,
      archiveTrades: early.trades + late.trades,
      left,
      defects: [...early.defects, ...late.defects],
    };
  });
  await writeAsked(root, instrument, asked);
  return outcome;
}
