// What earlier runs know around a stretch of time: the paths of its trades, its quote seconds, and the
// ledger's entries of the parts it may have been heard in, those just read among them.

import { addDays, type Day } from '../lake/day.ts';
import { type Dataset, partitionPath } from '../lake/layout.ts';
import type { LedgerEntry } from './ledger.ts';
import { quoteSecondsPath, selectNearDays } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import { dayOfSecond } from './range.ts';
import { statements } from './session.ts';

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

/** The parts received on these days or beside them. */
export function readParts(
  publication: Publication,
  receiptDays: Iterable<Day>,
): Promise<LedgerEntry[]> {
  const days = [...receiptDays].flatMap((day) => [addDays(day, -1), day, addDays(day, 1)]);
  return readPartsOf(publication, new Set(days));
}

export async function readAllParts(publication: Publication): Promise<LedgerEntry[]> {
  return readPartsOf(publication, await publication.ledger.listDays());
}

async function readPartsOf(
  { ledger, fresh }: Publication,
  receiptDays: Iterable<Day>,
): Promise<LedgerEntry[]> {
  const entries = await ledger.read(receiptDays);
  for (const entry of fresh) entries.set(entry.part, entry);
  return [...entries.values()];
}
