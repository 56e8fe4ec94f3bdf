// Mode `cleanup`: deletes raw parts that are old and proven, sooner where the disk is nearly full, and
// what killed jobs have left. What is not proven stays, and the operator is told which and why. The
// transformer's ledger is never touched: the coverage of a day that a late fill changes is read from it.

import { join } from 'node:path';
import { type Day, formatDay } from '../../lake/day.ts';
import { type DiskSpace, planRoom, readDiskSpace } from '../../lake/disk-space.ts';
import type { Instrument } from '../../lake/layout.ts';
import { awaitLock, takeLock } from '../../lake/lock.ts';
import type { ExitCode, ModeContext, RunMode } from '../../lake/mode.ts';
import { listInstruments, listRawDays } from '../../transformer/parts.ts';
import { warnOfStrays } from '../../transformer/strays.ts';
import { type ConfiguredStore, openStores } from '../store/stores.ts';
import { StoreWitness } from '../upload/witness.ts';
import { removeOldLogs } from './old-logs.ts';
import { readPartFacts } from './part-facts.ts';
import { removeEmptyDay, removeParts, removeUntouched } from './remove.ts';
import { formatGigabytes, formatKept, formatRemovals } from './report.ts';
import { listRestored, removeRestored } from './restored-files.ts';
import { isOld, type PartFact, planRetention, type RetentionRules, sumBytes } from './retention.ts';
import type { Stores } from './upload-proof.ts';

export const runCleanup: RunMode = async (context) =>
  cleanUp(context, readDiskSpace, await openStores(context.config));

const transformLockWithinMs = 600_000;
/** A day folder without parts keeps its manifest, the proof of what was there, for so long. */
const manifestKeptDays = 30;
const msPerDay = 86_400_000;

/** `readSpace` says how full the disk of the lake is; `configured` are the stores of the configuration. */
export async function cleanUp(
  context: ModeContext,
  readSpace: (root: string) => Promise<DiskSpace>,
  configured: readonly ConfiguredStore[],
): Promise<ExitCode> {
  const { config, options, clock, log } = context;
  const { root, cleanup } = config;
  const rules: RetentionRules = {
    today: formatDay(clock.nowUs()),
    retentionDays: cleanup.raw_retention_days,
    roomBytes: planRoom(await readSpace(root), cleanup.disk_alert_percent),
  };
  const stores = { configured, witness: new StoreWitness(context.signal) };
  if (options['dry-run'] === true) return showPlan(context, rules, stores);
  const lock = await takeLock(root, 'cleanup');
  try {
    await warnOfStrays(root, log);
    await removeLeftovers(context, rules);
    const { plan } = await planAll(context, rules, stores);
    const removed = await removePlanned(context, rules, stores, plan.remove);
    for (const line of formatRemovals(removed)) log.info(`cleanup ${line} deleted`);
    for (const line of formatKept(plan.keep)) log.warn(`cleanup ${line}; kept`);
    const kept = plan.keep.length > 0 ? `; ${plan.keep.length} that are due are not proven` : '';
    if (removed.length > 0) print(`deleted ${formatRemovals(removed).join('\n')}`);
    else print(`cleanup: no raw parts to delete${kept}`);
    if (rules.roomBytes === 0) return 0;
    return await judgeRoom(
      context,
      readSpace,
      plan.keep.map(({ part }) => part),
    );
  } finally {
    await lock.release();
  }
}

async function planAll({ config }: ModeContext, rules: RetentionRules, stores: Stores) {
  const parts: PartFact[] = [];
  for (const instrument of await listInstruments(config.root)) {
    parts.push(...(await readPartFacts(config, instrument, rules, stores)));
  }
  return { plan: planRetention(parts, rules) };
}

async function showPlan(
  context: ModeContext,
  rules: RetentionRules,
  stores: Stores,
): Promise<ExitCode> {
  const { plan } = await planAll(context, rules, stores);
  for (const line of formatRemovals(plan.remove)) print(`would delete ${line}`);
  for (const line of formatKept(plan.keep)) print(`would keep ${line}`);
  if (plan.remove.length === 0) print('nothing would be deleted');
  if (plan.lackingBytes > 0) {
    print(
      `the disk stays nearly full: ${formatGigabytes(plan.lackingBytes)} more would have to go`,
    );
  }
  return 0;
}

/**
 * Deletes instrument by instrument, each under the lock `transform`: no run reads or publishes
 * meanwhile, and a part goes only if it is still proven then.
 */
async function removePlanned(
  { config, clock, signal }: ModeContext,
  rules: RetentionRules,
  stores: Stores,
  planned: readonly PartFact[],
): Promise<PartFact[]> {
  const { root } = config;
  const removed: PartFact[] = [];
  for (const instrument of await listInstruments(root)) {
    if (signal.aborted) break;
    const name = `${instrument.exchange}/${instrument.symbol}`;
    const names = new Set(planned.filter((part) => part.instrument === name).map((p) => p.name));
    if (names.size > 0) {
      const lock = await awaitLock(root, 'transform', { withinMs: transformLockWithinMs, signal });
      try {
        const facts = await readPartFacts(config, instrument, rules, stores);
        const remove = facts.filter((part) => names.has(part.name) && part.unproven === undefined);
        const old = remove.filter((part) => isOld(part, rules));
        const early = remove.filter((part) => !isOld(part, rules));
        await removeParts(root, old, `older than ${rules.retentionDays} days`, clock);
        await removeParts(root, early, 'the disk is nearly full', clock);
        removed.push(...remove);
      } finally {
        await lock.release();
      }
    }
    await removeEmptyDays({ config, clock }, instrument, rules);
  }
  return removed;
}

async function removeEmptyDays(
  { config, clock }: Pick<ModeContext, 'config' | 'clock'>,
  instrument: Instrument,
  rules: RetentionRules,
): Promise<void> {
  const { root } = config;
  const kept = { ...rules, retentionDays: rules.retentionDays + manifestKeptDays };
  const days: Day[] = await listRawDays(root, instrument);
  for (const day of days.filter((one) => isOld({ day: one }, kept))) {
    await removeEmptyDay(root, instrument, day, clock);
  }
}

/** What jobs that were killed have left, quarantined lines of long ago, and old logs. */
async function removeLeftovers(
  { config, clock, signal }: ModeContext,
  { retentionDays }: RetentionRules,
): Promise<void> {
  const beforeMs = clock.nowUs() / 1000 - retentionDays * msPerDay;
  for (const folder of [join('state', 'tmp'), join('state', 'spill'), 'quarantine']) {
    await removeUntouched(config.root, folder, beforeMs, clock);
  }
  const restored = await listRestored(config.root, beforeMs);
  if (restored.length > 0) {
    const wait = { withinMs: transformLockWithinMs, signal };
    const lock = await awaitLock(config.root, 'transform', wait);
    await removeRestored(config.root, restored, clock).finally(() => lock.release());
  }
  const { log_retention_days, log_max_megabytes } = config.cleanup;
  const logRules = { retentionDays: log_retention_days, maxBytes: log_max_megabytes * 1e6 };
  await removeOldLogs(config.root, logRules, clock);
}

async function judgeRoom(
  { config, log }: ModeContext,
  readSpace: (root: string) => Promise<DiskSpace>,
  kept: readonly PartFact[],
): Promise<ExitCode> {
  const { root, cleanup } = config;
  const space = await readSpace(root);
  const lackingBytes = planRoom(space, cleanup.disk_alert_percent);
  if (lackingBytes === 0) return 0;
  const left = `${formatGigabytes(space.freeBytes)} are free, ${formatGigabytes(lackingBytes)} too few`;
  log.error(
    `clean up ${root}: the disk is nearly full and nothing more may be deleted: ${left}; ` +
      `${kept.length} raw parts (${formatGigabytes(sumBytes(kept))}) are not proven\n` +
      '  enlarge the disk, delete what is not of the lake, or run --mode transform, and --mode upload ' +
      'where there is a store, so that parts are proven',
  );
  return 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
