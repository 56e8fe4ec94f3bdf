// Fetches trades that the lake lacks, of one symbol: by id or by time, from REST, and what REST does not
// have from the daily archive, into whole raw parts. The transformer makes partitions of them. The
// caller holds the lock `rest`.

import { addDays, type Day, formatDay, startOfDayUs } from '../../lake/day.ts';
import { type Instrument, type PartCompression, tempDir } from '../../lake/layout.ts';
import { fillFromArchive } from './archive-fill.ts';
import type { BackfillContext } from './backfill-context.ts';
import { recoverStaged } from './claim-part.ts';
import { openFillParts } from './fill-parts.ts';
import type { FillWork } from './fill-work.ts';
import { countIds, type IdRange, includesId, mergeRanges, subtractRanges } from './id-ranges.ts';
import { type KnownDay, readKnownDays } from './known-ids.ts';
import { fillFromRest, findIdsOfSpan } from './rest-fill.ts';
import type { VenueAccess } from './venue-access.ts';

export type FillOutcome = {
  restTrades: number;
  archiveTrades: number;
  /** Ids that neither REST nor the archive has; with a time span, only those that are known of. */
  absent: IdRange[];
  /** What was found wrong with archive files. */
  defects: string[];
  /** Paths of the new raw parts below the root. */
  parts: string[];
};

export type FillRequest = {
  context: BackfillContext;
  access: VenueAccess;
  instrument: Instrument;
  /** Names the folder `state/tmp/<purpose>` for parts on their way; one user at a time. */
  purpose: string;
  /** Instead of the collector's. */
  compression?: PartCompression;
  /** Called with the number of wanted trades that have come. */
  onTrades?: (trades: number) => void;
};

/** Days of the archive that are looked through for one range of ids, at most. */
const maxDaysPerRange = 31;

/** Fetches the trades with `fromUs` <= trade time <= `toUs`, whether the lake has them or not. */
export function fillSpan(request: FillRequest, fromUs: number, toUs: number): Promise<FillOutcome> {
  return withFillWork(request, async (work) => {
    const ids = await findIdsOfSpan(work, fromUs, toUs);
    const rest = ids === undefined ? undefined : await fillFromRest(work, [ids]);
    const outcome = {
      restTrades: rest?.trades ?? 0,
      archiveTrades: 0,
      absent: rest?.absent ?? [],
      defects: [] as string[],
    };
    if (rest !== undefined && rest.absent.length === 0) return outcome;
    // What REST has, it has whole: what it lacks of the span can only be in the archive.
    const has = mergeRanges(ids === undefined ? [] : subtractRanges([ids], outcome.absent));
    const found: IdRange[] = [];
    for (let day = formatDay(fromUs); startOfDayUs(day) <= toUs; day = addDays(day, 1)) {
      const archive = await fillFromArchive(work, day, ({ mark }) => {
        const isInside = mark.timeUs >= fromUs && mark.timeUs <= toUs;
        if (!isInside || includesId(has, mark.id)) return false;
        addId(found, mark.id);
        return true;
      });
      if (archive.kind === 'absent') continue;
      outcome.archiveTrades += archive.trades;
      outcome.defects.push(...archive.defects);
    }
    return { ...outcome, absent: subtractRanges(outcome.absent, found) };
  });
}

/** Opens the parts of a fill, runs it, and seals what it has fetched, also where it fails. */
export async function withFillWork<T>(
  request: FillRequest,
  run: (work: FillWork) => Promise<T>,
): Promise<T & { parts: string[] }> {
  const { context, access, instrument, purpose, compression, onTrades = () => {} } = request;
  const { config, clock, signal, log } = context;
  const { root, collector } = config;
  const stagingDir = tempDir(root, purpose);
  await recoverStaged(stagingDir);
  const parts = openFillParts({
    root,
    instrument,
    stagingDir,
    maxBytes: collector.rotate_max_megabytes * 1_000_000,
    compression: compression ?? collector.compress,
    clock,
  });
  try {
    const outcome = await run({ root, instrument, access, parts, clock, signal, log, onTrades });
    return { ...outcome, parts: await parts.finish() };
  } finally {
    await parts.finish();
  }
}

export type ArchivedIds = {
  trades: number;
  absent: IdRange[];
  /** Whether a day in which they can be has no file yet. */
  isUnpublished: boolean;
  defects: string[];
};

/** Fetches ids from the archive files of the days in which they must lie. */
export async function fillIdsFromArchive(
  work: FillWork,
  ranges: readonly IdRange[],
): Promise<ArchivedIds> {
  const wanted = mergeRanges(ranges);
  const known = wanted.length === 0 ? [] : await readKnownDays(work.root, work.instrument);
  const days = new Set(wanted.flatMap((range) => findDaysOf(known, range)));
  const found: IdRange[] = [];
  const outcome: ArchivedIds = { trades: 0, absent: [], isUnpublished: false, defects: [] };
  for (const day of [...days].sort()) {
    const archive = await fillFromArchive(work, day, ({ mark: { id } }) => {
      if (!includesId(wanted, id)) return false;
      addId(found, id);
      return true;
    });
    if (archive.kind === 'absent') outcome.isUnpublished = true;
    else outcome.defects.push(...archive.defects);
  }
  const has = mergeRanges(found);
  return { ...outcome, trades: countIds(has), absent: subtractRanges(wanted, has) };
}

/** Rows come ascending: ids are noted as ranges. */
function addId(ranges: IdRange[], id: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && last[1] + 1 === id) ranges[ranges.length - 1] = [last[0], id];
  else ranges.push([id, id]);
}

/**
 * The days in which trades of these ids must lie: from the day of the trade before them to the day of
 * the trade after them, at most so many.
 */
export function findDaysOf(known: readonly KnownDay[], [first, last]: IdRange): Day[] {
  const before = known.findLast((day) => day.first < first);
  const after = known.find((day) => day.last > last);
  const from = before?.day ?? after?.day;
  const to = after?.day ?? before?.day;
  const days: Day[] = [];
  if (from === undefined || to === undefined) return days;
  for (let day = from; day <= to && days.length < maxDaysPerRange; day = addDays(day, 1)) {
    days.push(day);
  }
  return days;
}
