// Mode `plan`: prints what the configuration needs of disk, CPU, memory and bucket, and in how many days the
// disk is full. Reads the lake's manifests where there is one, and writes nothing.

import { planStreams, type VenuePlan } from '../../exchanges/plan.ts';
import type { Config } from '../../lake/config.ts';
import { addDays, type Day, formatDay } from '../../lake/day.ts';
import { forecastFullInDays } from '../../lake/disk-forecast.ts';
import { type DiskSpace, readDiskSpace } from '../../lake/disk-space.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { rawDayDir } from '../../lake/layout.ts';
import type { RunMode } from '../../lake/mode.ts';
import { type PartRecord, readPartRecords } from '../../lake/part-manifest.ts';
import { findPartitionDays, foretellDisk } from '../health/disk-outlook.ts';
import { openUsageReader } from '../health/lake-usage.ts';
import { findLoad } from './loads.ts';
import { formatPlan, type Outlook } from './plan-page.ts';
import { planSizing, type Sizing, type SymbolLoad } from './sizing.ts';

/** Days whose parts are counted: today and those before. */
const daysRead = 3;

export const runPlan: RunMode = async ({ config, clock }) => {
  const today = formatDay(clock.nowUs());
  const loads: SymbolLoad[] = [];
  for (const plan of planStreams(config))
    loads.push(...(await readLoads(config.root, plan, today)));
  const sizing = planSizing(withoutLanes(loads, config), config);
  const outlook = await foretell(config, sizing, today);
  process.stdout.write(`${formatPlan(sizing, outlook, config)}\n`);
  return 0;
};

async function readLoads(root: string, plan: VenuePlan, today: Day): Promise<SymbolLoad[]> {
  const loads: SymbolLoad[] = [];
  const { name: exchange, tradeChannel } = plan.exchange;
  for (const [symbol, streams] of Map.groupBy(plan.streams, (stream) => stream.symbol)) {
    const records: PartRecord[] = [];
    for (let age = 0; age < daysRead; age++) {
      const folder = rawDayDir(root, { exchange, symbol }, addDays(today, -age));
      records.push(...(await readPartRecords(folder)).values());
    }
    loads.push(findLoad(`${exchange}/${symbol}`, streams, tradeChannel, records));
  }
  return loads;
}

/** What was measured here was heard on every lane; the plan counts a message once. */
function withoutLanes(loads: readonly SymbolLoad[], config: Config): SymbolLoad[] {
  const lanes = config.collector.redundancy;
  return loads.map((load) => {
    if (load.basis !== 'measured here') return load;
    return { ...load, trades: load.trades / lanes, messages: load.messages / lanes };
  });
}

/** By what lies here, where whole days do; else by the plan, from an empty lake. */
async function foretell(config: Config, sizing: Sizing, today: Day): Promise<Outlook> {
  const space = await findDiskSpace(config.root);
  if (space === undefined) return { basis: 'no disk' };
  const usage = openUsageReader(config.root).read();
  const { freeBytes, bytes } = space;
  const days = foretellDisk(config, usage.byDay, freeBytes, today);
  if (days !== null) return { basis: 'measured here', days, freeBytes, bytes };
  const sum = (byDay: ReadonlyMap<Day, number>) => [...byDay.values()].reduce((a, b) => a + b, 0);
  const { raw, partitions } = usage.byDay;
  const stocks = [
    {
      bytes: sum(raw),
      bytesPerDay: sizing.total.rawBytes,
      keptDays: config.cleanup.raw_retention_days,
    },
    {
      bytes: sum(partitions),
      bytesPerDay: sizing.total.parquetBytes,
      keptDays: findPartitionDays(config),
    },
  ];
  return { basis: 'planned', days: forecastFullInDays(freeBytes, stocks), freeBytes, bytes };
}

/** Undefined where the root is not there yet. */
async function findDiskSpace(root: string): Promise<DiskSpace | undefined> {
  try {
    return await readDiskSpace(root);
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
