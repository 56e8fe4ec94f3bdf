// Fetches the history of one symbol, day by day: from the archive, and from REST what is not in the
// archive yet. A day that is there is skipped; of one that is there in part only the rest is taken. Days
// become partitions as they come, so that a run that is ended goes on where it was.

import { addDays, type Day, startOfDayUs } from '../../lake/day.ts';
import { readDiskSpace } from '../../lake/disk-space.ts';
import { OperationalError } from '../../lake/errors.ts';
import { fillFromArchive } from './archive-fill.ts';
import { isDayWhole, listDays, listKnownIds } from './day-plan.ts';
import { type FillRequest, withFillWork } from './fill.ts';
import type { FillWork } from './fill-work.ts';
import { type IdRange, includesId, subtractRanges } from './id-ranges.ts';
import { type KnownDay, readKnownDays } from './known-ids.ts';
import { fillFromRest, findFirstTradeUs, findIdsOfSpan } from './rest-fill.ts';
import { withRestLock } from './rest-lock.ts';
import { appendTakenFile, readTakenFiles, type TakenFile } from './taken-files.ts';
import { transformParts } from './transform-parts.ts';

export type HistoryOutcome = {
  /** Days that were there as a whole, or that the symbol was not traded on yet. */
  daysThere: number;
  daysBefore: number;
  daysFilled: number;
  /** Days of which neither the archive nor REST has anything. */
  daysUnavailable: Day[];
  restTrades: number;
  archiveTrades: number;
  /** Trades fetched that the lake had already, and that were dropped. */
  tradesThere: number;
  defects: string[];
};

export type HistoryRequest = FillRequest & {
  from: Day;
  to: Day;
  onDay: () => void;
};

/** A busy day needs a quarter of it, the collector the rest. */
const minFreeBytes = 2e9;
/** Above so many trades, what has come is transformed before more is fetched. */
const maxPendingTrades = 3_000_000;

export async function fillHistory(request: HistoryRequest): Promise<HistoryOutcome> {
  const { context, instrument, from, to } = request;
  const { root } = context.config;
  const outcome = emptyOutcome();
  const taken = await readTakenFiles(root, instrument);
  const known = await readKnownDays(root, instrument);
  let pendingTrades = 0;
  let firstTradeUs: number | undefined;
  for (const day of listDays(from, to)) {
    if (context.signal.aborted) break;
    const today = known.find((candidate) => candidate.day === day);
    if (isDayWhole(today, taken.get(day))) outcome.daysThere++;
    else {
      await checkSpace(root);
      const filled = await fillDay(request, day, known);
      if (filled.trades > 0) outcome.daysFilled++;
      else if (filled.kind === 'present') outcome.daysThere++;
      else {
        firstTradeUs ??= await findFirstTrade(request);
        if (firstTradeUs >= startOfDayUs(addDays(day, 1))) outcome.daysBefore++;
        else outcome.daysUnavailable.push(day);
      }
      addDay(outcome, filled);
      pendingTrades += filled.trades;
    }
    request.onDay();
    if (pendingTrades < maxPendingTrades) continue;
    await transformParts(context, instrument);
    pendingTrades = 0;
  }
  if (pendingTrades > 0) await transformParts(context, instrument);
  return outcome;
}

/** History must not take the room that the running collection needs. */
async function checkSpace(root: string): Promise<void> {
  const { freeBytes } = await readDiskSpace(root);
  if (freeBytes >= minFreeBytes) return;
  throw new OperationalError(
    `fetch history: the disk of ${root} is nearly full: ${(freeBytes / 1e9).toFixed(1)} GB are free`,
    { hint: 'make room, or run --mode cleanup; the same command then goes on where it was' },
  );
}

type FilledDay = {
  kind: 'present' | 'absent';
  source: 'rest' | 'archive';
  trades: number;
  there: number;
  defects: string[];
};

async function fillDay(
  request: HistoryRequest,
  day: Day,
  known: readonly KnownDay[],
): Promise<FilledDay> {
  const { context, instrument } = request;
  const ids = listKnownIds(known);
  const archived = await fillFromFile(request, day, ids);
  if (archived !== undefined) {
    await appendTakenFile(context.config.root, instrument, archived.file);
    return archived;
  }
  return withRestLock(context, () =>
    withFillWork(request, (work) => fillDayFromRest(work, day, ids, known)),
  );
}

async function fillFromFile(
  request: HistoryRequest,
  day: Day,
  known: readonly IdRange[],
): Promise<(FilledDay & { file: TakenFile }) | undefined> {
  const { compress } = request.context.config.collector;
  // A day of a busy symbol is 450 MB of text, and an eighth of that packed.
  const compression = compress === 'none' ? 'zstd' : compress;
  const archive = await withFillWork({ ...request, compression }, (work) =>
    fillFromArchive(work, day, ({ mark }) => !includesId(known, mark.id)),
  );
  if (archive.kind === 'absent') return undefined;
  // An empty file may be one of the time before the first trade.
  if (archive.verdict.rows === 0) return undefined;
  const { sha256, trades, unwanted, verdict, defects } = archive;
  const [first, last] = verdict.ids ?? [null, null];
  const missing = verdict.missing.map(([from, to]): [number, number] => [from, to]);
  return {
    kind: 'present',
    source: 'archive',
    trades,
    there: unwanted,
    defects,
    file: { day, sha256, first, last, missing },
  };
}

/** Of the running day, what comes after the trades that are known is the collector's. */
async function fillDayFromRest(
  work: FillWork,
  day: Day,
  knownIds: readonly IdRange[],
  known: readonly KnownDay[],
): Promise<FilledDay> {
  const untilUs = startOfDayUs(addDays(day, 1));
  const nowUs = work.clock.nowUs();
  const found = await findIdsOfSpan(work, startOfDayUs(day), Math.min(untilUs, nowUs) - 1);
  const filled = { source: 'rest', there: 0, defects: [] } as const;
  if (found === undefined) return { ...filled, defects: [], kind: 'absent', trades: 0 };
  const lastKnown = nowUs < untilUs ? known.find((one) => one.day === day)?.last : undefined;
  const [first, last] = [found[0], Math.min(found[1], lastKnown ?? found[1])];
  const wanted = first > last ? [] : subtractRanges([[first, last]], knownIds);
  const { trades, absent } = await fillFromRest(work, wanted);
  const isThere = trades > 0 || absent.length === 0;
  return { ...filled, defects: [], kind: isThere ? 'present' : 'absent', trades };
}

/** When the symbol was first traded, as far as REST says. */
function findFirstTrade(request: HistoryRequest): Promise<number> {
  return withRestLock(request.context, async () => {
    const { access, instrument, context } = request;
    return findFirstTradeUs(access, instrument.symbol, context.signal);
  });
}

function emptyOutcome(): HistoryOutcome {
  return {
    daysThere: 0,
    daysBefore: 0,
    daysFilled: 0,
    daysUnavailable: [],
    restTrades: 0,
    archiveTrades: 0,
    tradesThere: 0,
    defects: [],
  };
}

function addDay(outcome: HistoryOutcome, { source, trades, there, defects }: FilledDay): void {
  if (source === 'rest') outcome.restTrades += trades;
  else outcome.archiveTrades += trades;
  outcome.tradesThere += there;
  outcome.defects.push(...defects);
}
