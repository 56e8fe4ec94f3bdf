// Writes the heartbeat: at the configured interval, and when a service has started or ended. One is
// written at a time; requests that come meanwhile are answered by one more. A heartbeat that cannot
// be written is logged, and the next one tried: its absence is what `--mode health` reports.

import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { formatDay } from '../../lake/day.ts';
import { isDiskFull, readDiskSpace } from '../../lake/disk-space.ts';
import { writeFileDurably } from '../../lake/durable.ts';
import { formatReason } from '../../lake/errors.ts';
import { healthPagePath, heartbeatPath, type Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { strikeAll } from '../../lake/secrets.ts';
import {
  collectStatusSchema,
  readStatus,
  reconcileStatusSchema,
  transformStatusSchema,
  uploadStatusSchema,
} from '../../lake/status.ts';
import { hasStores } from '../store/stores.ts';
import { listWatchedDays } from './completeness.ts';
import { CompletenessReader } from './completeness-reader.ts';
import { foretellDisk } from './disk-outlook.ts';
import { readHeartbeat } from './health.ts';
import type { AlertTrouble } from './health-inputs.ts';
import { formatHealthPage } from './health-page.ts';
import { buildHeartbeat, type Heartbeat } from './heartbeat.ts';
import { openUsageReader } from './lake-usage.ts';
import { readMemory } from './memory.ts';
import { ReconnectWindow } from './reconnect-window.ts';
import type { PastCascade, ServiceReport } from './service-report.ts';
import type { UploadInputs } from './upload-problems.ts';

export type HeartbeatOptions = {
  config: Config;
  clock: Clock;
  log: Log;
  listServices(): readonly ServiceReport[];
  findCascade(): PastCascade | undefined;
  /** Runs of the orchestrator within the last hour that nobody asked to end. */
  countBadEnds(): number;
  findAlertTrouble(): AlertTrouble | undefined;
  /** Takes each heartbeat, whether or not it can be written. */
  onHeartbeat(heartbeat: Heartbeat): void;
};

export type HeartbeatWriter = {
  /** Writes a heartbeat soon. */
  renew(): void;
  /** Goes on with another configuration of the same lake. */
  adopt(config: Config): void;
  /** Writes the last one, which says whether the end was asked for, and resolves when it is there. */
  close(isAsked: boolean): Promise<void>;
};

export function openHeartbeat(options: HeartbeatOptions): HeartbeatWriter {
  const { log } = options;
  let { config } = options;
  let isStoppedAsAsked = false;
  const write = openWriter(options, () => ({ config, isStoppedAsAsked }));
  let writing: Promise<void> | undefined;
  let isWanted = false;

  function renew(): void {
    isWanted = true;
    writing ??= writeWhileWanted();
  }

  async function writeWhileWanted(): Promise<void> {
    while (isWanted) {
      isWanted = false;
      await write().catch((thrown) => {
        const reason = formatReason(thrown);
        log.error(`write heartbeat of ${config.root}: ${reason}; it is tried again`);
      });
    }
    writing = undefined;
  }

  const startTimer = () => setInterval(renew, config.health.interval_seconds * 1000);
  let timer = startTimer();
  return {
    renew,
    adopt(next) {
      config = next;
      clearInterval(timer);
      timer = startTimer();
    },
    async close(isAsked) {
      clearInterval(timer);
      isStoppedAsAsked = isAsked;
      renew();
      await writing;
    },
  };
}

/** A function that collects the inputs and writes one heartbeat. */
function openWriter(
  options: HeartbeatOptions,
  readState: () => { config: Config; isStoppedAsAsked: boolean },
): () => Promise<void> {
  const { clock, listServices, findCascade, countBadEnds, findAlertTrouble } = options;
  const { root } = options.config;
  const usage = openUsageReader(root);
  const losses = new ReconnectWindow();
  const completeness = new CompletenessReader(root);
  let previous: Heartbeat | undefined;
  let diskFullAtMs: number | undefined;

  return async function write(): Promise<void> {
    const { config, isStoppedAsAsked } = readState();
    previous ??= await readHeartbeat(root);
    const collect = await readStatus(root, 'collect', collectStatusSchema);
    const transform = await readStatus(root, 'transform', transformStatusSchema);
    const disk = await readDiskSpace(root);
    const use = usage.read();
    const nowMs = clock.nowUs() / 1000;
    if (isDiskFull(disk)) diskFullAtMs = nowMs;
    if (collect !== undefined) losses.observe(collect, clock.monotonicMs());
    const settleMs = config.upload.settle_minutes * 60_000;
    const transformedAt = transform && Date.parse(transform.last_run.started_at);
    const days = listWatchedDays(nowMs, settleMs, transformedAt);
    const measured = await completeness.read(listInstruments(config), days);
    const services = listServices();
    const memory = await readMemory(services.flatMap(({ pid }) => pid ?? []));
    const heartbeat = buildHeartbeat({
      nowMs,
      isStoppedAsAsked,
      intervalMs: config.health.interval_seconds * 1000,
      services,
      cascade: findCascade(),
      collect,
      transform,
      reconcile: await readStatus(root, 'reconcile', reconcileStatusSchema),
      usage: use,
      diskFreePercent: (disk.freeBytes / disk.bytes) * 100,
      diskFullAtMs,
      diskFullInDays: foretellDisk(config, use.byDay, disk.freeBytes, formatDay(clock.nowUs())),
      diskAlertPercent: config.cleanup.disk_alert_percent,
      expectsTrades: Object.values(config.exchanges).some(collectsTrades),
      upload: await readUploads(config),
      thresholds: config.alerting,
      memory,
      losses: losses.list(clock.monotonicMs()),
      completeness: measured,
      badEnds: countBadEnds(),
      alertTrouble: findAlertTrouble(),
      previous,
    });
    previous = strikeAll(heartbeat);
    options.onHeartbeat(previous);
    await writeFileDurably(heartbeatPath(root), `${JSON.stringify(previous, null, 2)}\n`);
    await writeFileDurably(healthPagePath(root), formatHealthPage(previous));
  };
}

async function readUploads(config: Config): Promise<UploadInputs | null> {
  if (!hasStores(config)) return null;
  const { root, alerting, upload } = config;
  return {
    run: await readStatus(root, 'upload', uploadStatusSchema),
    raw: await readStatus(root, 'upload-raw', uploadStatusSchema),
    failurePercent: alerting.upload_failure_percent,
    lateHours: alerting.upload_late_hours,
    batchSeconds: upload.raw_batch_seconds,
  };
}

function listInstruments({ exchanges }: Config): Instrument[] {
  return Object.entries(exchanges).flatMap(([exchange, { symbols }]) =>
    symbols.map((symbol) => ({ exchange, symbol })),
  );
}

/** Channels of trades are called so by every exchange: trade, aggTrade, publicTrade. */
function collectsTrades({ channels }: Config['exchanges'][string]): boolean {
  return channels.some((channel) => /trade/i.test(channel));
}
