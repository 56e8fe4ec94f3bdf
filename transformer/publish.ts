// Turns what the batches brought into partitions: finds the ranges of seconds they change, derives each
// again, and publishes the days concerned together with their manifests and the ledger, all or nothing.

import type { Day } from '../lake/day.ts';
import { transformStateDir } from '../lake/layout.ts';
import { findRanges } from './changes.ts';
import { commit, type Intent } from './commit.ts';
import { ledgerPath } from './ledger.ts';
import { listTouchedDays } from './partition-record.ts';
import { listPartitionDays, listQuoteDays } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import { statements } from './session.ts';
import { type RangeWork, stageRange } from './stage-range.ts';

/** Publishes and empties the session's new tables. Returns the days it has written. */
export async function publish(publication: Publication): Promise<Day[]> {
  const { session, root, instrument, ledger, fresh, blocked } = publication;
  const intent: Intent = { renames: [], ledger: [] };
  const stored = await listStored(publication);
  await session.setVariable('exchange', instrument.exchange);
  await session.setVariable('symbol', instrument.symbol);
  const ranges = await findRanges(publication, stored);
  const days: Day[] = [];
  const lastTradeIds: RangeWork['lastTradeIds'] = new Map();
  for (const [index, range] of ranges.entries()) {
    const isLast = index === ranges.length - 1;
    const work = { ...publication, stored, range, isLast, lastTradeIds };
    const staged = await stageRange(work);
    intent.renames.push(...staged.renames);
    days.push(...staged.days);
  }
  for (const entry of fresh) {
    // A part with something for a damaged day is read again when that day is restored.
    if (listTouchedDays(entry).some((day) => blocked.has(day))) continue;
    const path = ledgerPath(root, instrument, entry.day);
    intent.ledger.push({ path, line: JSON.stringify(entry) });
  }
  await commit(transformStateDir(root, instrument), intent);
  ledger.remember(fresh);
  await session.run(statements.tables);
  return days;
}

async function listStored({ root, instrument, discarded, blocked }: Publication): Promise<Stored> {
  const keep = (days: Day[]) => days.filter((day) => !discarded.has(day) && !blocked.has(day));
  return {
    bars: keep(await listPartitionDays(root, 'bars_1s', instrument)),
    trades: keep(await listPartitionDays(root, 'trades', instrument)),
    quotes: keep(await listQuoteDays(root, instrument)),
  };
}
