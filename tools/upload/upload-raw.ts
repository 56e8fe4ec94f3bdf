// Mode `upload-raw`: copies sealed raw parts to every configured store soon after they were sealed, until
// SIGTERM. It meets the collector on disk alone and runs below it. What it notes is what the nightly upload
// notes, so that neither sends what the other has sent.

import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../lake/config.ts';
import { OperationalError } from '../../lake/errors.ts';
import { keepHeapSmall } from '../../lake/heap.ts';
import { uploadSendingDir } from '../../lake/layout.ts';
import { takeLock } from '../../lake/lock.ts';
import type { ModeContext, RunMode } from '../../lake/mode.ts';
import { openStores } from '../store/stores.ts';
import { dropFrozen } from './frozen-files.ts';
import { Gate } from './gate.ts';
import { RawFeed } from './raw-feed.ts';
import { RawFolders } from './raw-folders.ts';
import type { Target } from './target.ts';
import { lowPriority, openTargets, type UploadRun } from './upload-lake.ts';
import { UploadStatusFile } from './upload-status.ts';

const reportEveryMs = 60_000;

export const runUploadRaw: RunMode = async (context) => {
  const { signal, onReload, log } = context;
  setPriority(lowPriority);
  keepHeapSmall();
  let { config } = context;
  let reloaded = new AbortController();
  onReload((next) => {
    config = next;
    reloaded.abort();
  });
  const lock = await takeLock(config.root, 'upload-raw');
  try {
    while (!signal.aborted) {
      reloaded = new AbortController();
      const untilReload = AbortSignal.any([signal, reloaded.signal]);
      await feedStores(await openRun(context, config, untilReload));
    }
    log.info('upload-raw: stopped; what waits is sent when it runs again');
    return 0;
  } finally {
    await lock.release();
  }
};

/** Throws where the configuration says of no batches, or of no store. */
async function openRun(
  { clock, log }: ModeContext,
  config: Config,
  signal: AbortSignal,
): Promise<UploadRun> {
  const { raw_batch_seconds: seconds, raw_batch_messages: messages } = config.upload;
  const stores = await openStores(config);
  if (stores.length > 0 && seconds + messages > 0) return { config, clock, log, signal, stores };
  throw new OperationalError('upload-raw: there is nothing to do', {
    hint: 'set upload.raw_batch_seconds or upload.raw_batch_messages, and a bucket or folder',
  });
}

/** Feeds every store at its own pace, until told to stop. */
export async function feedStores(run: UploadRun): Promise<void> {
  const { config, clock } = run;
  const status = await UploadStatusFile.open(config.root, 'upload-raw', clock);
  const targets = openTargets(run, status);
  await dropFrozen(uploadSendingDir(config.root, 'upload-raw'));
  await status.write(targets);
  const report = (isChanged: boolean) =>
    isChanged ? status.write(targets) : status.renew(targets, reportEveryMs);
  await Promise.all(targets.map((target) => openFeed(run, target, report).run()));
  await status.write(targets);
}

function openFeed(
  run: UploadRun,
  target: Target,
  onReport: (isChanged: boolean) => Promise<void>,
): RawFeed {
  const { config, clock, log } = run;
  const { concurrency, raw_prefix, raw_batch_seconds, raw_batch_messages } = config.upload;
  const { signal, random, sleep } = target.effects;
  target.forgetWaiting();
  return new RawFeed({
    target,
    folders: new RawFolders(config.root, raw_prefix, target),
    rules: { seconds: raw_batch_seconds, messages: raw_batch_messages },
    sending: {
      root: config.root,
      rawPrefix: raw_prefix,
      sendingDir: join(uploadSendingDir(config.root, 'upload-raw'), target.store.name),
      log,
      signal,
      files: new Gate(concurrency),
      freezes: new Gate(1),
      isAsked: false,
      readNowMs: target.effects.readNowMs,
      onStep: run.onStep ?? (() => {}),
      onSent: () => {},
    },
    clock,
    log,
    signal,
    random,
    sleep,
    onReport,
  });
}
