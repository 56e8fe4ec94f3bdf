// A day's manifests held against what its files hold and against the days around. Pure.

import { addDays, formatSecond, startOfDayUs, usPerSecond } from '../../lake/day.ts';
import type { Dataset } from '../../lake/layout.ts';
import type { PartitionManifest } from '../../lake/partition-manifest.ts';
import { count, type Finding, summarize } from './finding.ts';
import { datasets, isWhole, type StoredDay, type StoredPartition } from './stored-day.ts';
import type { BarsFacts, Ranges, StoredFacts, TradesFacts } from './stored-facts.ts';

/** The files and manifests themselves: there, readable, of one another. */
export function checkFiles(stored: StoredDay): Finding[] {
  return datasets.flatMap((dataset) => {
    const partition = stored[dataset];
    return partition === undefined ? [] : checkFile(partition);
  });
}

function checkFile(partition: StoredPartition): Finding[] {
  const { dataset, manifest, manifestFault, file, away } = partition;
  const wrong = (check: string, what: string): Finding => ({
    severity: 'wrong',
    check,
    what: `${dataset}: ${what}`,
    remedy: 'rebuild',
  });
  if (manifestFault !== undefined) return [wrong('manifest', manifestFault)];
  if (manifest === undefined) return [wrong('manifest', 'the file has no manifest')];
  if (away !== undefined) {
    const urls = away.stores.map(({ url }) => url).join(', ');
    return [{ severity: 'note', check: 'away', what: `${dataset}: its file lies in ${urls}` }];
  }
  if (file === undefined) return [wrong('parquet', 'the manifest is there, its file is not')];
  if (!isWhole(partition)) {
    const what = `sha256 of the file is ${file.sha256}, of its manifest ${manifest.sha256}`;
    return [wrong('parquet-checksum', what)];
  }
  if (manifest.bytes !== undefined && manifest.bytes !== file.bytes) {
    return [wrong('manifest-bytes', `${file.bytes} bytes, the manifest says ${manifest.bytes}`)];
  }
  return [];
}

/** What the manifests say against what was counted. `previousTradeId` is the last known id before. */
export function checkManifests(
  stored: StoredDay,
  facts: StoredFacts,
  previousTradeId: number | undefined,
): Finding[] {
  const bars = stored.bars_1s?.manifest;
  const trades = stored.trades?.manifest;
  const findings: Finding[] = [];
  if (bars !== undefined && facts.bars !== undefined) {
    findings.push(...compare('bars_1s', bars, describeBars(stored.day, bars, facts.bars)));
    if (facts.trades === undefined && stored.trades === undefined) {
      findings.push(...compare('bars_1s', bars, describeTrades(undefined, undefined)));
    }
  }
  if (facts.trades === undefined) return findings;
  const expected = describeTrades(facts.trades, previousTradeId);
  if (bars !== undefined) findings.push(...compare('bars_1s', bars, expected));
  if (trades === undefined) return findings;
  const { rows, firstSecond, lastSecond } = facts.trades;
  const own = { rows, first_second: iso(firstSecond), last_second: iso(lastSecond) };
  findings.push(...compare('trades', trades, { ...expected, ...own }));
  if (bars === undefined) {
    const what = 'trades: there are trades and no bars of the day';
    findings.push({ severity: 'wrong', check: 'manifest', what, remedy: 'rebuild' });
  } else {
    const { seconds_covered, seconds_missing } = bars;
    findings.push(...compare('trades', trades, { seconds_covered, seconds_missing }));
  }
  return findings;
}

function describeBars(
  day: string,
  manifest: PartitionManifest,
  facts: BarsFacts,
): Partial<PartitionManifest> {
  const fromSecond = startOfDayUs(day) / usPerSecond;
  const toSecond = startOfDayUs(addDays(day, 1)) / usPerSecond - 1;
  const statedTo = findStatedSecond(manifest) ?? toSecond;
  const covered = facts.runs.reduce((total, [from, to]) => total + to - from + 1, 0);
  return {
    rows: facts.rows,
    first_second: iso(facts.firstSecond),
    last_second: iso(facts.lastSecond),
    seconds_covered: covered,
    seconds_missing: invert(facts.runs, fromSecond, statedTo).map(([from, to]) => [
      iso(from)!,
      iso(to)!,
    ]),
  };
}

/**
 * The last second of which the manifest says whether it is observed: undefined where it speaks of the
 * whole day, 0 where of none.
 */
export function findStatedSecond(manifest: Pick<PartitionManifest, 'through'>): number | undefined {
  const { through } = manifest;
  if (through === null) return 0;
  return through === undefined ? undefined : Date.parse(through) / 1000;
}

function describeTrades(
  facts: TradesFacts | undefined,
  previousTradeId: number | undefined,
): Partial<PartitionManifest> {
  const before: Ranges = [];
  const firstId = facts?.firstId ?? null;
  if (firstId !== null && previousTradeId !== undefined && previousTradeId + 1 < firstId) {
    before.push([previousTradeId + 1, firstId - 1]);
  }
  return {
    first_trade_id: firstId,
    last_trade_id: facts?.lastId ?? null,
    missing_trade_ids: [...before, ...(facts?.gaps ?? [])],
    trades_filled: facts?.filled ?? 0,
  };
}

/** One finding per key in which the manifest differs. */
export function compare(
  dataset: Dataset,
  manifest: PartitionManifest,
  expected: Partial<PartitionManifest>,
  source = 'the data',
): Finding[] {
  const keys = Object.keys(expected) as (keyof PartitionManifest)[];
  return keys
    .filter((key) => JSON.stringify(manifest[key]) !== JSON.stringify(expected[key]))
    .map((key) => ({
      severity: 'wrong',
      check: `manifest-${key.replaceAll('_', '-')}`,
      what: `${dataset}: the manifest says ${key} ${shorten(manifest[key])}, ${source} ${shorten(expected[key])}`,
      remedy: 'rebuild',
    }));
}

function shorten(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const items = summarize(value.map((item) => JSON.stringify(item)));
  return `${count(value.length, 'entry').replace('entrys', 'entries')} [${items.join(', ')}]`;
}

function invert(runs: Readonly<Ranges>, first: number, last: number): Ranges {
  const gaps: Ranges = [];
  let next = first;
  for (const [from, to] of runs) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= last) gaps.push([next, last]);
  return gaps;
}

function iso(second: number | null): string | null {
  return second === null ? null : formatSecond(second);
}
