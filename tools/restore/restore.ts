// Mode `restore`: brings days back from a store, each verified, into this lake or into an empty one. A day
// that cannot be had is named, and the others go on. It can be ended at any moment and run again: what is
// here is not fetched a second time.

import { setTimeout as sleep } from 'node:timers/promises';
import { addDays, formatDay } from '../../lake/day.ts';
import { OperationalError, UsageError } from '../../lake/errors.ts';
import { takeLock } from '../../lake/lock.ts';
import type { ExitCode, ModeContext, RunMode } from '../../lake/mode.ts';
import { readDay, readText } from '../../lake/mode-options.ts';
import { writeCatalog } from '../../transformer/catalog.ts';
import { retryLimits } from '../store/retry.ts';
import { type ConfiguredStore, openStores } from '../store/stores.ts';
import { runJobs } from './jobs.ts';
import { planRestore } from './plan-restore.ts';
import { formatLacks, formatPlan, formatResult } from './report.ts';
import type { RestoreScope } from './stored-days.ts';

export const runRestore: RunMode = async (context) =>
  restore(context, chooseStores(await openStores(context.config), context));

/** From the first of the stores that can give a day. */
export async function restore(
  context: ModeContext,
  stores: readonly ConfiguredStore[],
): Promise<ExitCode> {
  const { config, options, signal } = context;
  const scope = parseScope(context);
  const retry = { limits: retryLimits, random: Math.random, sleep: wait, signal };
  const lock = await takeLock(config.root, 'restore');
  try {
    const plan = await planRestore(context, stores, scope, options.raw === true, retry);
    if (options['dry-run'] === true) {
      process.stdout.write(formatPlan(plan));
      return 0;
    }
    const result = await runJobs(context, plan.jobs, retry);
    // Also where a run that was killed has brought everything.
    await writeCatalog(config, { anew: true });
    const goesAgain = stores.some((one) => one.deletesAfterUpload);
    process.stdout.write(formatResult(result, goesAgain) + formatLacks(plan.withoutRaw));
    const hasRaw = plan.jobs.some(({ kind }) => kind === 'raw');
    // Only the raw parts were still to be had, and there are none.
    if (result.files === 0 && plan.withoutRaw.length > 0 && !hasRaw) return 1;
    return result.failed + plan.failures.length > 0 ? 1 : 0;
  } finally {
    await lock.release();
  }
}

function chooseStores(stores: readonly ConfiguredStore[], { options }: ModeContext) {
  const wanted = readText(options, 'store');
  const chosen = stores.filter(({ store }) => store.name === (wanted ?? store.name));
  if (chosen.length > 0) return chosen;
  const names = stores.map(({ store }) => store.name).join(', ');
  if (wanted !== undefined && stores.length > 0) {
    throw new UsageError(`parse --store: no store "${wanted}" is configured; there are ${names}`);
  }
  throw new OperationalError('restore: no store is configured', {
    hint: 'set gcs.bucket_name, s3.bucket_name or folder.path to where the copies are',
  });
}

function parseScope({ options, clock }: ModeContext): RestoreScope {
  const names = { exchange: readText(options, 'exchange'), symbol: readText(options, 'symbol') };
  const date = readDay(options, 'date');
  const [from, to] = [readDay(options, 'from'), readDay(options, 'to')];
  if (date !== undefined) {
    if ((from ?? to) === undefined) return { ...names, from: date, to: date };
    throw new UsageError('parse command line: give --date, or --from and --to, not both');
  }
  if (from === undefined) {
    throw new UsageError('parse command line: restore what? give --date, or --from and --to');
  }
  const last = to ?? addDays(formatDay(clock.nowUs()), -1);
  if (from <= last) return { ...names, from, to: last };
  throw new UsageError(`parse --from: ${from} is after ${last}`);
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
