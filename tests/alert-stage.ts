// A running lake for tests of alerts: the orchestrator in this process, so that the hour of its limits can be
// made to pass, its services as processes of their own, on an embedded exchange, and a receiver of its alerts.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import type { AlertCondition } from '../lake/config-schema.ts';
import { silentLog } from '../lake/log.ts';
import type { ReloadHandler } from '../lake/reload.ts';
import { runOrchestrate } from '../orchestrator/orchestrate.ts';
import { isAlive } from '../tools/drill/scene.ts';
import { readHeartbeat } from '../tools/health/health.ts';
import type { Heartbeat } from '../tools/health/heartbeat.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';
import { openReceiver, type Receiver } from './alert-receiver.ts';

export type Finish = (callback: () => Promise<void>) => void;
type Given = { [section: string]: object };

export type Stage = {
  root: string;
  exchange: Simulator;
  receiver: Receiver;
  /** The process of a service, once it runs and none of `not`. */
  findPid(service: string, not?: number): Promise<number>;
  untilHeartbeat(matches: (heartbeat: Heartbeat) => boolean): Promise<Heartbeat>;
  /** Lets an hour pass for the orchestrator. */
  passHour(): void;
  /** Takes this configuration instead, as on SIGHUP. */
  reload(given: Given): Promise<void>;
  /** What was told, once it is all that. Fails where more is told within the next heartbeats. */
  expectTold(expected: readonly string[]): Promise<void>;
  /** Ends the orchestrator; how it ended. */
  stop(): Promise<unknown>;
  /** Starts it again. */
  start(): void;
};

const hourMs = 3_600_000;

/** `conditions` are those that are told; a lake in trouble may have others. */
export async function openStage(
  onFinished: Finish,
  conditions: readonly AlertCondition[],
  given: Given = {},
  ownRoot?: string,
): Promise<Stage> {
  const root = ownRoot ?? (await mkdtemp(join(tmpdir(), 'lake-stage-')));
  const exchange = await openSimulator({ symbols: ['BTCUSDT'], rate: 5, historyMs: 60_000 });
  const receiver = await openReceiver();
  const clock = openSystemClock();
  let aheadMs = 0;
  let handler: ReloadHandler = () => {};
  let abort = new AbortController();
  let running: Promise<unknown> = Promise.resolve();

  async function configure(more: Given) {
    const { wsUrl: ws_url, restUrl: rest_url, archiveUrl: archive_url } = exchange;
    const all: Given = {
      exchanges: { binance: { symbols: ['BTCUSDT'], ws_url, rest_url, archive_url } },
      collector: { rotate_seconds: 1 },
      reconcile: { enabled: false },
      health: { interval_seconds: 1 },
      cleanup: { disk_alert_percent: 100 },
      web: { enabled: false },
      ...more,
      alerting: { webhook_url: receiver.url, conditions: [...conditions], ...more.alerting },
    };
    const text = stringify({ root, ...all });
    await writeFile(join(root, 'config.yml'), text);
    return { config: parseConfig(text, {}), text };
  }

  const { config, text } = await configure(given);
  const stage: Stage = {
    root,
    exchange,
    receiver,
    untilHeartbeat: (matches) =>
      until(async () => {
        const heartbeat = await readHeartbeat(root);
        return heartbeat !== undefined && matches(heartbeat) ? heartbeat : undefined;
      }),
    findPid: (service, not) =>
      until(async () => {
        const services = (await readHeartbeat(root))?.services;
        const pid = services?.find(({ name }) => name === service)?.pid;
        return pid != null && pid !== not && isAlive(pid) ? pid : undefined;
      }),
    passHour() {
      aheadMs += hourMs;
    },
    async reload(more) {
      const next = await configure(more);
      await handler(next.config, next.text);
    },
    async expectTold(expected) {
      const told = () => receiver.received.map(({ status, alert }) => `${status} ${alert}`);
      await until(async () => told().length >= expected.length || undefined);
      const sinceMs = Date.now();
      await stage.untilHeartbeat(({ timestamp }) => Date.parse(timestamp) > sinceMs + 2000);
      expect(told()).toEqual(expected);
    },
    start() {
      abort = new AbortController();
      running = runOrchestrate({
        config,
        configText: text,
        options: {},
        positionals: [],
        log: silentLog,
        clock: { nowUs: clock.nowUs, monotonicMs: () => clock.monotonicMs() + aheadMs },
        signal: abort.signal,
        onReload: (taken) => {
          handler = taken;
        },
      }).catch((thrown) => thrown);
    },
    stop() {
      abort.abort();
      return running;
    },
  };
  onFinished(async () => {
    await stage.stop();
    await receiver.close();
    await exchange.close();
    await rm(root, { recursive: true, force: true });
  });
  stage.start();
  return stage;
}

export async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 1800; i++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error('wait: it did not come within 90 s');
}
