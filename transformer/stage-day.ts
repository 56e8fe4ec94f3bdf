// Writes one day's partitions beside their targets, not yet under their names: bars, trades, and the
// manifest of each.

import { stat, writeFile } from 'node:fs/promises';
import { addDays, startOfDayUs, usPerSecond } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import { type Dataset, partitionManifestPath, partitionPath } from '../lake/layout.ts';
import {
  formatPartitionManifest,
  type PartitionManifest,
  readPartitionManifest,
} from '../lake/partition-manifest.ts';
import { type Intent, openStagingPath } from './commit.ts';
import {
  buildManifest,
  findCountingDay,
  listTouchedDays,
  mergeInputs,
  noTrades,
  type PartitionFacts,
  type Runs,
  readRuns,
  type TradeFacts,
} from './partition-record.ts';
import { digestFile } from './parts.ts';
import type { DayWork, StagedFile } from './publication.ts';
import { findSuccession } from './revision.ts';
import { statements } from './session.ts';

export type StagedDay = { renames: Intent['renames']; lastTradeId: number | null };

type TradeCount = { rows: number; firstSecond: number; lastSecond: number; facts: TradeFacts };

export async function stageDay(work: DayWork): Promise<StagedDay> {
  const { session, day } = work;
  await session.setVariable('day_from', startOfDayUs(day) / usPerSecond);
  await session.setVariable('day_to', startOfDayUs(addDays(day, 1)) / usPerSecond);
  const before = {
    trades: await readBefore(work, 'trades'),
    bars: await readBefore(work, 'bars_1s'),
  };
  const lastTrades = work.knownTrades ? before.trades : undefined;
  const lastBars = work.knownBars ? before.bars : undefined;
  const renames: Intent['renames'] = [];
  const trades = await stageTrades(work, lastTrades);
  const counted = trades && (await countTrades(work, trades, lastTrades));
  const bars = work.hasBars ? await stageBars(work) : undefined;
  const runs = bars === undefined ? [] : await findRuns(work, bars);
  const facts = counted?.facts ?? noTrades;
  if (trades !== undefined && counted !== undefined) {
    const described = { ...describe(work, trades, facts, runs, lastTrades), ...counted };
    renames.push(...(await stagePartition(work, 'trades', trades, described, before.trades)));
  }
  if (bars !== undefined) {
    const described = { ...describe(work, bars, facts, runs, lastBars), ...countBars(runs) };
    renames.push(...(await stagePartition(work, 'bars_1s', bars, described, before.bars)));
  }
  return { renames, lastTradeId: facts.last_trade_id };
}

/** What stood; of a day derived anew its history, unless the manifest is what was damaged. */
async function readBefore(work: DayWork, dataset: Dataset): Promise<PartitionManifest | undefined> {
  const path = partitionManifestPath(work.root, dataset, work.instrument, work.day);
  if (!work.discarded.has(work.day)) return readPartitionManifest(path);
  return readPartitionManifest(path).catch(() => undefined);
}

/** The day's trades: written anew where there are new ones, else as they stand. */
async function stageTrades(
  work: DayWork,
  last: PartitionManifest | undefined,
): Promise<StagedFile | undefined> {
  const target = partitionPath(work.root, 'trades', work.instrument, work.day);
  if (work.newTradeLines === 0) {
    if (last === undefined) return undefined;
    const { size } = await stat(target);
    return { path: target, sha256: last.sha256, bytes: size, staged: false };
  }
  const { session } = work;
  if (!work.knownTrades && work.previousTradeId === undefined) {
    return writeStaged(session, target, statements.writeFirstTrades);
  }
  await session.setVariable('known_path', target);
  await session.run(work.knownTrades ? statements.knownDayTrades : statements.noKnownDayTrades);
  return writeStaged(session, target, statements.writeTrades);
}

async function stageBars(work: DayWork): Promise<StagedFile> {
  const { session } = work;
  const target = partitionPath(work.root, 'bars_1s', work.instrument, work.day);
  await session.setVariable('known_path', target);
  await session.run(work.knownBars ? statements.knownBars : statements.noKnownBars);
  return writeStaged(session, target, statements.writeBars);
}

async function writeStaged(
  session: DuckdbSession,
  target: string,
  statement: string,
): Promise<StagedFile> {
  const path = await openStagingPath(target);
  await session.setVariable('output_path', path);
  await session.run(statement);
  const { size } = await stat(path);
  return { path, sha256: await digestFile(path), bytes: size, staged: true };
}

export async function countTrades(
  { session, newTradeLines, previousTradeId }: DayWork,
  file: StagedFile,
  last: PartitionManifest | undefined,
): Promise<TradeCount> {
  await session.setVariable('output_path', file.path);
  const [row] = await session.all(statements.tradesSummary);
  const rows = Number(row!.rows);
  const firstId = Number(row!.first_trade_id);
  const lastId = Number(row!.last_trade_id);
  const isWhole = lastId - firstId + 1 === rows && (previousTradeId ?? firstId - 1) + 1 === firstId;
  return {
    rows,
    firstSecond: Number(row!.first_second),
    lastSecond: Number(row!.last_second),
    facts: {
      first_trade_id: firstId,
      last_trade_id: lastId,
      missing_trade_ids: isWhole ? [] : await readMissing(session, previousTradeId),
      duplicates_removed:
        (last?.duplicates_removed ?? 0) + newTradeLines - (rows - (last?.rows ?? 0)),
      trades_filled: Number(row!.trades_filled),
    },
  };
}

async function readMissing(
  session: DuckdbSession,
  previousTradeId: number | undefined,
): Promise<[number, number][]> {
  await session.setVariable('previous_trade_id', previousTradeId ?? null);
  const rows = await session.all(statements.missingTrades);
  return rows.map((row) => [Number(row.missing_from), Number(row.missing_to)]);
}

export async function findRuns({ session }: DayWork, bars: StagedFile): Promise<Runs> {
  await session.setVariable('output_path', bars.path);
  const [row] = await session.all(statements.barsSummary);
  return readRuns(row!);
}

export function countBars(runs: Runs) {
  return {
    rows: runs.reduce((total, [from, to]) => total + to - from + 1, 0),
    firstSecond: runs[0]?.[0] ?? null,
    lastSecond: runs.at(-1)?.[1] ?? null,
  };
}

function describe(
  { day, parts, hasLaterBars }: DayWork,
  file: StagedFile,
  trades: TradeFacts,
  runs: Runs,
  last: PartitionManifest | undefined,
) {
  const touching = parts.filter((entry) => listTouchedDays(entry).includes(day));
  const known = new Set(last?.inputs.map((input) => input.part));
  const quarantined = touching
    .filter((entry) => findCountingDay(entry) === day && !known.has(entry.part))
    .reduce((total, entry) => total + entry.linesQuarantined, 0);
  return {
    day,
    sha256: file.sha256,
    bytes: file.bytes,
    runs,
    hasLaterBars,
    trades,
    inputs: mergeInputs(last?.inputs ?? [], touching),
    linesQuarantined: (last?.lines_quarantined ?? 0) + quarantined,
  };
}

export async function stagePartition(
  work: DayWork,
  dataset: Dataset,
  file: StagedFile,
  facts: PartitionFacts,
  previous: PartitionManifest | undefined,
): Promise<Intent['renames']> {
  const { root, instrument, day } = work;
  const succession = await findSuccession(work, dataset, file, previous);
  const manifestPath = partitionManifestPath(root, dataset, instrument, day);
  const stagedManifest = await openStagingPath(manifestPath);
  await writeFile(
    stagedManifest,
    formatPartitionManifest(buildManifest(facts, previous, succession)),
  );
  const manifest = { from: stagedManifest, to: manifestPath };
  if (!file.staged) return [manifest];
  return [{ from: file.path, to: partitionPath(root, dataset, instrument, day) }, manifest];
}
