// Makes the manifests, or the quote seconds, of a day whose raw parts are gone from its Parquet files, which
// are whole. How many copies were removed and which parts it was made of comes from the manifest that is
// left, else from the ledger; the history of a lost manifest is lost.

import { stat } from 'node:fs/promises';
import { addDays, type Day, startOfDayUs, usPerSecond } from '../lake/day.ts';
import { type Dataset, partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { type PartitionManifest, readPartitionManifest } from '../lake/partition-manifest.ts';
import type { Intent } from './commit.ts';
import { openStagingPath } from './commit.ts';
import type { Fault } from './faults.ts';
import { findCountingDay, listTouchedDays, mergeInputs } from './partition-record.ts';
import { listPartitionDays, quoteSecondsPath } from './partitions.ts';
import { digestFile } from './parts.ts';
import type { DayWork, Publication, StagedFile } from './publication.ts';
import { statements } from './session.ts';
import { countBars, countTrades, findRuns, stagePartition } from './stage-day.ts';

/** What to rename into place. */
export async function redescribeDay(
  publication: Publication,
  { day, damaged }: Fault,
): Promise<Intent['renames']> {
  const { session, root, instrument } = publication;
  await session.setVariable('day_from', startOfDayUs(day) / usPerSecond);
  await session.setVariable('day_to', startOfDayUs(addDays(day, 1)) / usPerSecond);
  const renames: Intent['renames'] = [];
  if (damaged.includes('manifest')) renames.push(...(await stageManifests(publication, day)));
  if (damaged.includes('quotes')) {
    const path = quoteSecondsPath(root, instrument, day);
    const staged = await openStagingPath(path);
    await session.setVariable('known_path', partitionPath(root, 'bars_1s', instrument, day));
    await session.setVariable('output_path', staged);
    await session.run(statements.quoteSecondsOfBars);
    renames.push({ from: staged, to: path });
  }
  return renames;
}

async function stageManifests(publication: Publication, day: Day): Promise<Intent['renames']> {
  const work = await describeWork(publication, day);
  const left = {
    bars_1s: await readIfWhole(work, 'bars_1s'),
    trades: await readIfWhole(work, 'trades'),
  };
  const bars = await findFile(work, 'bars_1s');
  const trades = await findFile(work, 'trades');
  const other = left.trades ?? left.bars_1s;
  const runs = bars === undefined ? [] : await findRuns(work, bars);
  const counted = trades && (await countTrades(work, trades, undefined));
  const facts = {
    first_trade_id: counted?.facts.first_trade_id ?? null,
    last_trade_id: counted?.facts.last_trade_id ?? null,
    missing_trade_ids: counted?.facts.missing_trade_ids ?? [],
    duplicates_removed: other?.duplicates_removed ?? 0,
    trades_filled: counted?.facts.trades_filled ?? 0,
  };
  const common = {
    day,
    runs,
    hasLaterBars: work.hasLaterBars,
    trades: facts,
    inputs: mergeInputs(other?.inputs ?? [], work.parts),
    linesQuarantined: other?.lines_quarantined ?? countQuarantined(work),
  };
  const renames: Intent['renames'] = [];
  if (bars !== undefined && left.bars_1s === undefined) {
    const described = { ...common, ...bars, ...countBars(runs) };
    renames.push(...(await stagePartition(work, 'bars_1s', bars, described, undefined)));
  }
  if (trades !== undefined && counted !== undefined && left.trades === undefined) {
    const { rows, firstSecond, lastSecond } = counted;
    const described = { ...common, ...trades, rows, firstSecond, lastSecond };
    renames.push(...(await stagePartition(work, 'trades', trades, described, undefined)));
  }
  return renames;
}

async function describeWork(publication: Publication, day: Day): Promise<DayWork> {
  const { root, instrument, ledger } = publication;
  const entries = await ledger.read(await ledger.listDays());
  const days = await listPartitionDays(root, 'bars_1s', instrument);
  const earlier = (await listPartitionDays(root, 'trades', instrument)).filter((d) => d < day);
  const before =
    earlier.length > 0 &&
    (await readPartitionManifest(
      partitionManifestPath(root, 'trades', instrument, earlier.at(-1)!),
    ).catch(() => undefined));
  const from = startOfDayUs(day) / usPerSecond;
  return {
    ...publication,
    parts: [...entries.values()].filter((entry) => listTouchedDays(entry).includes(day)),
    range: { from, to: from + 86_400 },
    day,
    hasBars: true,
    hasLaterBars: days.some((other) => other > day),
    newTradeLines: 0,
    knownBars: true,
    knownTrades: true,
    previousTradeId: (before || undefined)?.last_trade_id ?? undefined,
  };
}

function countQuarantined({ parts, day }: DayWork): number {
  const own = parts.filter((entry) => findCountingDay(entry) === day);
  return own.reduce((total, entry) => total + entry.linesQuarantined, 0);
}

function readIfWhole(
  { root, instrument, day }: DayWork,
  dataset: Dataset,
): Promise<PartitionManifest | undefined> {
  const path = partitionManifestPath(root, dataset, instrument, day);
  return readPartitionManifest(path).catch(() => undefined);
}

async function findFile(
  { root, instrument, day }: DayWork,
  dataset: Dataset,
): Promise<StagedFile | undefined> {
  const path = partitionPath(root, dataset, instrument, day);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return { path, sha256: await digestFile(path), bytes: found.size, staged: false };
}
