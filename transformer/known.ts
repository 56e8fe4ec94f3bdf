// What earlier runs know around a stretch of time: the paths of its trades, its quote seconds, and the
// ledger's entries of the parts it may have been heard in, those just read among them.

import { addDays, type Day } from '../lake/day.ts';
import { partitionPath } from '../lake/layout.ts';
import type { LedgerEntry } from './ledger.ts';
import { quoteSecondsPath, selectNearDays } from './partitions.ts';
import type { KnownTail, Publication, Stored, TailFiles } from './publication.ts';
import { dayOfSecond } from './range.ts';
import { statements } from './session.ts';

/** What has been read of the parts of an instrument, now and earlier. */
type KnownParts = Pick<Publication, 'ledger' | 'fresh' | 'findReceiptDays'>;
type Known = Pick<Publication, 'session' | 'root' | 'instrument' | 'away' | 'tail'>;
/** Trades are looked for so far beyond a range's ends, and from there to the nearest (known-trades.sql). */
export const marginSeconds = 10;

/**
 * The files with the trades of the days from one second to another, and of the nearest day on either side, as
 * far as they are here.
 */
export function selectTradePaths(
  { root, instrument, away, tail }: Omit<Known, 'session'>,
  days: readonly Day[],
  from: number,
  to: number,
): string[] {
  const edge = findEdge(tail, from);
  if (edge !== undefined) return [edge.trades];
  const paths = selectNearDays(days, dayOfSecond(from), dayOfSecond(to))
    .filter((day) => !away.has(day))
    .map((day) => partitionPath(root, 'trades', instrument, day));
  return tail === undefined ? paths : [...paths, tail.files.trades];
}

/** The files that are enough for a range that begins there. */
export function findEdge(tail: KnownTail | undefined, from: number): TailFiles | undefined {
  const edge = tail?.edge;
  return edge !== undefined && edge.from < from - marginSeconds ? edge.files : undefined;
}

export async function loadQuoteSeconds(
  { session, root, instrument, tail }: Omit<Known, 'away'>,
  stored: Stored,
  from: number,
  to: number,
): Promise<void> {
  await session.run(statements.knownQuoteSeconds);
  const load = async (paths: readonly string[]) => {
    if (paths.length === 0) return;
    await session.setVariable('quote_paths', paths);
    await session.run(statements.loadQuoteSeconds);
  };
  const edge = findEdge(tail, from);
  if (edge !== undefined) return load([edge.quotes]);
  if (tail !== undefined) await load([tail.files.quotes]);
  const days = selectNearDays(stored.quotes, dayOfSecond(from), dayOfSecond(to));
  await load(days.map((day) => quoteSecondsPath(root, instrument, day)));
}

/**
 * The parts received on these days, and on so many around them that it can be told where in exchange time
 * those of these days and of the days beside them lie: a part's offset may be that of one received the day
 * before or after, and it may go on where one of the day before has ended, which has such an offset, too.
 */
export function readPartsAround(
  publication: KnownParts,
  receiptDays: Iterable<Day>,
): Promise<LedgerEntry[]> {
  const days = new Set<Day>();
  for (const day of receiptDays) {
    for (let beside = -3; beside <= 3; beside++) days.add(addDays(day, beside));
  }
  return readPartsOf(publication, days);
}

/**
 * The parts that say anything of the days from the first to the last, and those that tell where these lie. What
 * has no offset of its own lies where one does that was received within a day: so near to it in exchange
 * time, too.
 */
export async function readPartsOfDays(
  publication: KnownParts,
  first: Day,
  last: Day,
): Promise<LedgerEntry[]> {
  const [from, to] = [addDays(first, -2), addDays(last, 2)];
  const receiptDays = new Set(await publication.findReceiptDays(from, to));
  for (const entry of publication.fresh) receiptDays.add(entry.day);
  return readPartsAround(publication, receiptDays);
}

export async function readAllParts(publication: KnownParts): Promise<LedgerEntry[]> {
  return readPartsOf(publication, await publication.ledger.listDays());
}

async function readPartsOf(
  { ledger, fresh }: KnownParts,
  receiptDays: Iterable<Day>,
): Promise<LedgerEntry[]> {
  const entries = await ledger.read(receiptDays);
  for (const entry of fresh) entries.set(entry.part, entry);
  return [...entries.values()];
}
