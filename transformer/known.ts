// What earlier runs know around a stretch of time: the paths of its trades, its quote seconds, and the
// ledger's entries of the parts it may have been heard in, those just read among them.

import { addDays, type Day } from '../lake/day.ts';
import { type Dataset, partitionPath } from '../lake/layout.ts';
import type { LedgerEntry } from './ledger.ts';
import { findReceiptDays } from './ledger-days.ts';
import { quoteSecondsPath, selectNearDays } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import { dayOfSecond } from './range.ts';
import { statements } from './session.ts';

/** What has been read of the parts of an instrument, now and earlier. */
type KnownParts = Pick<Publication, 'root' | 'instrument' | 'ledger' | 'fresh'>;

/**
 * The dataset's files of the days from one second to another, and of the nearest day on either side, as far
 * as they are here.
 */
export function selectPaths(
  { root, instrument, away }: Pick<Publication, 'root' | 'instrument' | 'away'>,
  days: readonly Day[],
  dataset: Dataset,
  from: number,
  to: number,
): string[] {
  return selectNearDays(days, dayOfSecond(from), dayOfSecond(to))
    .filter((day) => !away.has(day))
    .map((day) => partitionPath(root, dataset, instrument, day));
}

export async function loadQuoteSeconds(
  { session, root, instrument }: Publication,
  stored: Stored,
  from: number,
  to: number,
): Promise<void> {
  const days = selectNearDays(stored.quotes, dayOfSecond(from), dayOfSecond(to));
  await session.run(statements.knownQuoteSeconds);
  if (days.length === 0) return;
  const paths = days.map((day) => quoteSecondsPath(root, instrument, day));
  await session.setVariable('quote_paths', paths);
  await session.run(statements.loadQuoteSeconds);
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
  const { root, instrument, ledger, fresh } = publication;
  const [from, to] = [addDays(first, -2), addDays(last, 2)];
  const receiptDays = new Set(await findReceiptDays(root, instrument, ledger, from, to));
  for (const entry of fresh) receiptDays.add(entry.day);
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
