// Mode `upload`: copies finished days to every configured store, verified by the digests the stores report,
// and then deletes here what may go. One run at a time per lake. `--dry-run` only says what would be done.

import { setPriority } from 'node:os';
import { OperationalError, UsageError } from '../../lake/errors.ts';
import { keepHeapSmall } from '../../lake/heap.ts';
import { takeLock } from '../../lake/lock.ts';
import type { ExitCode, ModeContext, RunMode } from '../../lake/mode.ts';
import { readDay, readText } from '../../lake/mode-options.ts';
import { type ConfiguredStore, openStores } from '../store/stores.ts';
import { reportDryRun } from './dry-run.ts';
import { type KeptDay, releaseUploaded } from './release.ts';
import { formatHeld, type UploadScope } from './survey.ts';
import { formatUnit } from './unit.ts';
import { lowPriority, type UploadRun, uploadLake } from './upload-lake.ts';

const maxHeldTold = 20;

export const runUpload: RunMode = async (context) => {
  const { config, options, log } = context;
  setPriority(lowPriority);
  keepHeapSmall();
  const scope = readScope(context);
  const run: UploadRun = { ...context, stores: await openConfigured(context) };
  if (options['dry-run'] === true) {
    const { exitCode, sent } = await reportDryRun(run, scope);
    await foretellRelease(context, run, scope, sent);
    return exitCode;
  }
  const lock = await takeLock(config.root, 'upload');
  try {
    const exitCode = await uploadAndTell(run, scope);
    await release(context, run, scope);
    return exitCode;
  } catch (thrown) {
    if (!context.signal.aborted) throw thrown;
    log.info('upload: stopped; the next run goes on');
    return 0;
  } finally {
    await lock.release();
  }
};

async function uploadAndTell(run: UploadRun, scope: UploadScope): Promise<ExitCode> {
  const { log } = run;
  const { objects, bytes, held, failures } = await uploadLake(run, scope);
  for (const one of held.slice(0, maxHeldTold)) log.info(`upload waits: ${formatHeld(one)}`);
  const failed = failures.length > 0 ? `; ${failures.length} failures, see above` : '';
  const megabytes = (bytes / 1e6).toFixed(1);
  process.stdout.write(
    `upload: ${objects} files sent, ${megabytes} MB; ${held.length} days wait${failed}\n`,
  );
  if (failures.length === 0) {
    log.info('upload done', { objects, bytes, held: held.length });
    return 0;
  }
  if (failures.length > 1) log.error(`upload: ${failures.length} failures, see above`);
  return 1;
}

/** Deletes here what every store has; what a store cannot confirm stays. */
async function release(context: ModeContext, run: UploadRun, scope: UploadScope): Promise<void> {
  // One store alone does not say what all of them have.
  if (context.signal.aborted || scope.store !== undefined) return;
  await releaseUploaded(context, run.stores, scope, { dryRun: false });
}

/** Says what would be deleted here, of the units that would be `sent`, too. */
async function foretellRelease(
  context: ModeContext,
  run: UploadRun,
  scope: UploadScope,
  sent: ReadonlySet<string>,
): Promise<void> {
  if (context.signal.aborted || scope.store !== undefined) return;
  const foreseen = await releaseUploaded(context, run.stores, scope, { dryRun: true });
  const { released, kept, states } = foreseen;
  const foretell = (verb: string, { instrument, day }: Omit<KeptDay, 'reason'>, more: string) =>
    process.stdout.write(
      `would ${verb} the Parquet files of ${instrument.exchange}/${instrument.symbol} ${day}${more}\n`,
    );
  for (const { keys } of states) process.stdout.write(`would delete ${keys.join(', ')}\n`);
  for (const one of released) foretell('delete', one, '');
  for (const one of kept) {
    const isSent = sent.has(formatUnit({ kind: 'day', ...one }));
    if (isSent) foretell('delete', one, ', once they have arrived');
    else foretell('keep', one, `: ${one.reason}`);
  }
}

function readScope({ options }: ModeContext): UploadScope {
  return {
    exchange: readText(options, 'exchange'),
    symbol: readText(options, 'symbol'),
    date: readDay(options, 'date'),
    store: readText(options, 'store'),
  };
}

/** Throws where there is none to send to, or none of the name that was asked for. */
async function openConfigured({ config, options }: ModeContext): Promise<ConfiguredStore[]> {
  const stores = await openStores(config);
  if (stores.length === 0) {
    throw new OperationalError('upload: no store is configured', {
      hint: 'set gcs.bucket_name, s3.bucket_name or folder.path',
    });
  }
  const wanted = readText(options, 'store');
  if (stores.some(({ store }) => store.name === (wanted ?? store.name))) return stores;
  const names = stores.map(({ store }) => store.name).join(', ');
  throw new UsageError(`parse --store: no store "${wanted}" is configured; there are ${names}`);
}
