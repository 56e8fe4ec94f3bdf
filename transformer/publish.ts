// Turns what the batches brought into partitions: finds the ranges of seconds they change, derives each
// again, and publishes the days concerned together with their manifests and the ledger, all or nothing.

import type { Day } from '../lake/day.ts';
import { type Dataset, partitionManifestPath } from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { findRanges, type Wait } from './changes.ts';
import { commit, type Intent } from './commit.ts';
import { type LedgerEntry, ledgerPath } from './ledger.ts';
import { listTouchedDays } from './partition-record.ts';
import { listManifestDays, listPartitionDays, listQuoteDays } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import { statements } from './session.ts';
import { type RangeWork, stageRange } from './stage-range.ts';
import type { WaitingPart } from './waiting.ts';

type Place = Pick<Publication, 'root' | 'instrument' | 'discarded' | 'away'>;

/** The days that were written; or, where some parts need a day that is away, these, and nothing was. */
export type Published = { days: Day[]; waiting: WaitingPart[] };

/** Publishes and empties the session's new tables. Parts that have to wait are to be left out by the caller. */
export async function publish(publication: Publication): Promise<Published> {
  const { session, root, instrument, ledger, fresh } = publication;
  const intent: Intent = { renames: [], removes: [], ledger: [] };
  const stored = await listStored(publication);
  await session.setVariable('exchange', instrument.exchange);
  await session.setVariable('symbol', instrument.symbol);
  const { ranges, waits } = await findRanges(publication, stored);
  if (waits.length > 0) {
    await session.run(statements.tables);
    return { days: [], waiting: listWaiting(fresh, waits) };
  }
  const days: Day[] = [];
  const lastTradeIds: RangeWork['lastTradeIds'] = new Map();
  for (const [index, range] of ranges.entries()) {
    const isLast = index === ranges.length - 1;
    const work = { ...publication, stored, range, isLast, lastTradeIds };
    const staged = await stageRange(work);
    intent.renames.push(...staged.renames);
    intent.removes.push(...staged.removes);
    days.push(...staged.days);
  }
  for (const entry of fresh) {
    const path = ledgerPath(root, instrument, entry.day);
    intent.ledger.push({ path, line: JSON.stringify(entry) });
  }
  await commit(root, instrument, intent);
  ledger.remember(fresh);
  await session.run(statements.tables);
  return { days, waiting: [] };
}

/**
 * The parts that bring a day something it cannot be given now. Whole parts wait: half of one would leave
 * the moments it was listening in no ledger, and the days it touches without them.
 */
export function listWaiting(fresh: readonly LedgerEntry[], waits: readonly Wait[]): WaitingPart[] {
  const needs = new Map<LedgerEntry, Set<Day>>();
  for (const { day, needs: wanted } of waits) {
    const own = fresh.filter((entry) => listTouchedDays(entry).includes(day));
    // The clock of one part may move what another has heard across midnight.
    for (const entry of own.length > 0 ? own : fresh) {
      needs.set(entry, new Set([...(needs.get(entry) ?? []), ...wanted]));
    }
  }
  return [...needs].map(([{ part, sha256 }, days]) => ({ part, sha256, needs: [...days].sort() }));
}

/** The days that something stands of, or of which it is away. */
export async function listStored(publication: Place): Promise<Stored> {
  const { root, instrument, discarded, away } = publication;
  const keep = (days: Day[]) => days.filter((day) => !discarded.has(day));
  const list = async (dataset: Dataset) => {
    const days = await listPartitionDays(root, dataset, instrument);
    if (away.size === 0) return days;
    const described = await listManifestDays(root, dataset, instrument);
    const held: Day[] = [];
    for (const day of away) {
      if (described.includes(day) || (await mayHold(publication, dataset, day))) held.push(day);
    }
    return [...new Set([...days, ...held])].sort();
  };
  return {
    bars: keep(await list('bars_1s')),
    trades: keep(await list('trades')),
    quotes: keep(await listQuoteDays(root, instrument)),
  };
}

/** Whether a day that is damaged, and without a manifest of the dataset, may have had some of it. */
async function mayHold({ root, instrument }: Place, dataset: Dataset, day: Day): Promise<boolean> {
  const path = partitionManifestPath(root, 'bars_1s', instrument, day);
  const bars = await readPartitionManifest(path).catch(() => undefined);
  return bars === undefined || (dataset === 'trades' && bars.first_trade_id !== null);
}
