// The services the orchestrator runs: which modes, and when. One line each; what a mode does is none of
// the orchestrator's business. Holds no effects.

import type { Config } from '../lake/config.ts';
import type { Schedule } from './schedule.ts';

/** When a service runs that ends by itself. Never twice at the same time. */
export type Occasions = {
  /** When the orchestrator starts. */
  atStart?: boolean;
  schedules: readonly Schedule[];
  /** After every good run of that service. */
  after?: string;
  /** So long after a run that failed, before it is due again. */
  retryMs?: number;
  /** While the disk is nearly full, every few minutes. */
  onFullDisk?: boolean;
};

export type Service = {
  /** Name in log and heartbeat, and the mode that is started. */
  name: string;
  /** Runs until stopped and is restarted when it ends; or runs on occasions. */
  runs: 'always' | Occasions;
  /** The lake is whole without it: it is restarted like any other, but never part of a cascade. */
  isAside?: boolean;
  /** Arguments of Node itself. */
  nodeArgs?: readonly string[];
};

/** A store that was down is asked again long before the next night. */
const uploadRetryMs = 3_600_000;

/** It holds little, and what it leaves is taken away at once. */
const smallHeap = ['--max-old-space-size=96', '--max-semi-space-size=1'];

export function planServices(config: Config, options: { isTest: boolean }): Service[] {
  const transformMinutes = options.isTest ? 2 : config.transformer.interval_minutes;
  const { reconcile, fill, cleanup, live, web } = config;
  const every = (minutes: number): Schedule => ({ everyMs: minutes * 60_000 });
  return [
    { name: 'collect', runs: 'always' },
    { name: 'transform', runs: { atStart: true, schedules: [every(transformMinutes)] } },
    { name: 'backfill', runs: { after: 'transform', schedules: [{ cron: fill.schedule }] } },
    ...(reconcile.enabled
      ? [{ name: 'reconcile', runs: { schedules: [every(reconcile.interval_minutes)] } }]
      : []),
    { name: 'cleanup', runs: { onFullDisk: true, schedules: [{ cron: cleanup.schedule }] } },
    ...planUploads(config),
    ...(live.enabled
      ? [{ name: 'live', runs: 'always' as const, isAside: true, nodeArgs: smallHeap }]
      : []),
    ...(web.enabled
      ? [{ name: 'web', runs: 'always' as const, isAside: true, nodeArgs: smallHeap }]
      : []),
  ];
}

/**
 * Finished days at the times of every store: what one of them has already is not sent again. Raw parts all
 * the time, where they are to be sent in batches.
 */
function planUploads({ upload, gcs, s3, folder }: Config): Service[] {
  const stores = [
    { place: gcs.bucket_name, cron: gcs.schedule },
    { place: s3.bucket_name, cron: s3.schedule },
    { place: folder.path, cron: folder.schedule },
  ].filter(({ place }) => place !== '');
  if (stores.length === 0) return [];
  const crons = new Set(stores.map(({ cron }) => cron));
  const schedules = [...crons].map((cron): Schedule => ({ cron }));
  const services: Service[] = [
    { name: 'upload', runs: { schedules, retryMs: uploadRetryMs }, nodeArgs: smallHeap },
  ];
  const hasBatches = upload.raw_batch_seconds > 0 || upload.raw_batch_messages > 0;
  if (hasBatches) {
    services.push({ name: 'upload-raw', runs: 'always', isAside: true, nodeArgs: smallHeap });
  }
  return services;
}
