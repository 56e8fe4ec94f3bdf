// Faults of the data for an alert, made to happen to a lake that its modes work on as they do by cron: one
// message tells of each, and one more when it is over. Where LAKE_TEST_ALERTS is `all`.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import type { AlertCondition } from '../lake/config-schema.ts';
import { silentLog } from '../lake/log.ts';
import type { RunMode } from '../lake/mode.ts';
import type { Alerts } from '../tools/alerting/alerts.ts';
import { openAlerts } from '../tools/alerting/open-alerts.ts';
import { openHeartbeat } from '../tools/health/heartbeat-writer.ts';
import { runReconcile } from '../tools/reconcile/reconcile.ts';
import { runUpload } from '../tools/upload/upload.ts';
import { openReceiver, type Receiver } from './alert-receiver.ts';
import { type BackfillLake, openBackfillLake } from './backfill-lake.ts';
import { us } from './raw-lines.ts';

const all = process.env.LAKE_TEST_ALERTS === 'all';
const day = '2026-03-03';
const minuteUs = 60_000_000;

let lake: BackfillLake;
let receiver: Receiver;
let alerts: Alerts | undefined;
beforeEach(async () => {
  lake = await openBackfillLake(us('2026-03-04T00:05:00Z'), { rate: 0.5 });
  receiver = await openReceiver();
  alerts = undefined;
});
afterEach(async () => {
  await alerts?.close(0);
  await receiver.close();
  await lake.close();
});

function makeConfig(conditions: readonly AlertCondition[], more = '') {
  const yaml = `${lake.yaml}\nroot: ${lake.root}
upload: { settle_minutes: 1, wait_hours: 0 }
cleanup: { disk_alert_percent: 100 }
alerting: { webhook_url: "${receiver.url}", conditions: [${conditions.join(', ')}], completeness_percent: 95, upload_late_hours: 1 }
${more}`;
  return parseConfig(yaml, {});
}
type Made = ReturnType<typeof makeConfig>;

/** Heartbeats, a minute apart. */
async function beat(config: Made, count: number): Promise<void> {
  const clock = { nowUs: lake.nowUs, monotonicMs: () => lake.nowUs() / 1000 };
  const telling = alerts ?? openAlerts({ config, log: silentLog, clock, random: () => 0 });
  alerts = telling;
  for (let i = 0; i < count; i++) {
    lake.forward(minuteUs);
    const heartbeat = openHeartbeat({
      config,
      clock,
      log: silentLog,
      listServices: () => [],
      findCascade: () => undefined,
      countBadEnds: () => 0,
      findAlertTrouble: () => undefined,
      onHeartbeat: ({ problems }) => telling.observe(problems),
    });
    await heartbeat.close(false);
  }
}

/** What was told, after so many heartbeats. */
async function listTold(config: Made, heartbeats = 6): Promise<string[]> {
  await beat(config, heartbeats);
  await alerts?.close(5000);
  return receiver.received.map(({ status, alert }) => `${status} ${alert}`);
}

async function run(mode: RunMode, config: Made, options = {}): Promise<unknown> {
  const clock = { nowUs: lake.nowUs, monotonicMs: () => performance.now() };
  const context = { config, configText: '', positionals: [], log: silentLog, onReload() {} };
  const { signal } = new AbortController();
  return mode({ ...context, clock, options, signal }).catch((thrown) => thrown);
}

describe.runIf(all)('a lake whose data is in trouble tells once, and once that it is over,', () => {
  it('that a finished day is not complete', async () => {
    const config = makeConfig(['completeness']);
    const [from, until] = [us(`${day}T23:57:00Z`), us('2026-03-04T00:00:30Z')];
    const lost = { from: us(`${day}T23:58:00Z`), until: us(`${day}T23:59:00Z`) };
    await lake.record(1, from, lost.from);
    await lake.record(2, lost.until, until);
    await lake.transform();
    await beat(config, 3);
    await receiver.until(1);
    expect(receiver.received[0]!.what).toMatch(
      /^binance\/BTCUSDT of 2026-03-03 is 6\d\.\d+ % complete: 60 seconds were not observed, \d+ trades/,
    );
    expect(await lake.backfill()).toMatchObject({ code: 0 });
    const subject = `completeness/binance/BTCUSDT ${day}`;
    expect(await listTold(config)).toEqual([`firing ${subject}`, `resolved ${subject}`]);
  });

  it('that bars differ from the exchange’s klines', async () => {
    const config = makeConfig(['reconcile']);
    await lake.record(1, us(`${day}T23:57:00Z`), us(`${day}T23:59:00Z`));
    await lake.transform();
    const { restUrl } = lake.simulator;
    const wrong = createServer(async (request, response) => {
      const headers = { 'X-MBX-TIME-UNIT': 'MICROSECOND' };
      const rows: unknown = await (await fetch(`${restUrl}${request.url}`, { headers })).json();
      if (request.url!.startsWith('/api/v3/klines')) {
        for (const row of rows as unknown[][]) row[3] = '0.5';
      }
      response.end(JSON.stringify(rows));
    });
    await new Promise<void>((done) => wrong.listen(0, '127.0.0.1', done));
    const wrongUrl = `http://127.0.0.1:${(wrong.address() as AddressInfo).port}`;
    const lied = parseConfig(lake.yaml.replace(restUrl, wrongUrl), { CRYPTO_LAKE_ROOT: lake.root });
    await run(runReconcile, lied);
    wrong.closeAllConnections();
    wrong.close();
    await beat(config, 3);
    await receiver.until(1);
    await run(runReconcile, config, { date: day });
    const subject = `reconcile/binance/BTCUSDT ${day}`;
    expect(await listTold(config)).toEqual([`firing ${subject}`, `resolved ${subject}`]);
  });

  it('that a store takes nothing, and that a day waits for too long', async () => {
    const path = join(lake.root, 'copies');
    const config = makeConfig(['upload_failed', 'upload_late'], `folder: { path: ${path} }`);
    await lake.record(1, us(`${day}T23:57:00Z`), us('2026-03-04T00:00:30Z'));
    await lake.transform();
    await writeFile(path, 'a file in the place of the folder');
    lake.forward(10 * minuteUs);
    await run(runUpload, config);
    await beat(config, 3);
    await receiver.until(1);
    lake.forward(120 * minuteUs);
    await run(runUpload, config);
    await beat(config, 3);
    await receiver.until(2);
    await rm(path);
    await mkdir(path);
    await run(runUpload, config);
    // Failed attempts count for a day.
    lake.forward(25 * 60 * minuteUs);
    await run(runUpload, config);
    const told = await listTold(config);
    const url = receiver.received[0]!.subject;
    expect(told.slice(0, 2)).toEqual([`firing upload_failed/${url}`, `firing upload_late/${url}`]);
    expect(told.slice(2).sort()).toEqual([
      `resolved upload_failed/${url}`,
      `resolved upload_late/${url}`,
    ]);
  });
});
