import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { alertStatePath, heartbeatPath } from '../../lake/layout.ts';
import { silentLog } from '../../lake/log.ts';
import { openReceiver, type Receiver } from '../../tests/alert-receiver.ts';
import { runHealth } from '../health/health.ts';
import type { Problem } from '../health/problem.ts';

const startMs = Date.parse('2026-11-20T12:00:00Z');
const down: Problem = {
  id: 'collect-down',
  condition: 'collector_stopped',
  subject: 'collect',
  severity: 'unhealthy',
  alerts: true,
  what: 'collect is not running',
  since: '2026-11-20T11:50:00.000Z',
  action: 'start it',
};

let root: string;
let receiver: Receiver;
let nowMs: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-watchdog-'));
  receiver = await openReceiver();
  nowMs = startMs;
});
afterEach(async () => {
  await receiver.close();
  await rm(root, { recursive: true });
});

async function beat(problems: Problem[] = []): Promise<void> {
  const heartbeat = {
    timestamp: new Date(nowMs).toISOString(),
    status: problems.length > 0 ? 'unhealthy' : 'healthy',
    raw_files: 0,
    parquet_rows: 0,
    disk_usage_gb: 0,
    disk_free_percent: 50,
    services: [],
    collector: null,
    transformer: { last_run: null, last_success_at: null, lag_seconds: null },
    upload: null,
    problems,
  };
  await mkdir(dirname(heartbeatPath(root)), { recursive: true });
  await writeFile(heartbeatPath(root), JSON.stringify(heartbeat));
}

/** `--mode health --alert`, `minutes` later; why it failed, if it did. */
async function judge(minutes: number, url = receiver.url): Promise<string> {
  nowMs += minutes * 60_000;
  const run = runHealth({
    config: parseConfig('', { CRYPTO_LAKE_ROOT: root, CRYPTO_LAKE_ALERTING__WEBHOOK_URL: url }),
    configText: '',
    options: { alert: true },
    positionals: [],
    onReload() {},
    log: silentLog,
    clock: { nowUs: () => nowMs * 1000, monotonicMs: () => performance.now() },
    signal: new AbortController().signal,
  });
  return run.then(
    () => '',
    (thrown) => (thrown as Error).message,
  );
}
const said = () => receiver.received.map(({ status, alert }) => `${status} ${alert}`);
const stopped = 'collector_stopped/orchestrate';

describe('--mode health --alert', () => {
  it('tells once that the heartbeat has stopped, and once that it is back', async () => {
    await beat();
    expect(await judge(0)).toBe('');
    for (let minute = 0; minute < 30; minute += 5) {
      expect(await judge(5)).toContain('heartbeat has stopped');
    }
    await beat();
    await judge(1);
    await beat();
    await judge(1);
    expect(said()).toEqual([`firing ${stopped}`, `resolved ${stopped}`]);
    expect(receiver.received[0]).toMatchObject({
      since: '2026-11-20T12:00:00.000Z',
      text: expect.stringMatching(
        /heartbeat has stopped.*\nSince .*\nTo do: start --mode orchestrate/,
      ),
    });
  });

  it('tells that there never was a heartbeat', async () => {
    expect(await judge(0)).toContain('no heartbeat');
    expect(said()).toEqual([`firing ${stopped}`]);
  });

  it('leaves to the orchestrator what it tells itself, and tells what it has not', async () => {
    await beat([down]);
    const state = { condition: 'collector_stopped', subject: 'collect', members: ['collect'] };
    const alert = {
      ...down,
      ...state,
      is_present: true,
      cleared_at_ms: null,
      told: 'firing',
      fired_at_ms: nowMs,
      fired_severity: 'unhealthy',
      fired_members: 1,
      returns: 0,
    };
    await mkdir(dirname(alertStatePath(root)), { recursive: true });
    await writeFile(alertStatePath(root), JSON.stringify({ alerts: [alert], outbox: [] }));
    expect(await judge(0)).toContain('unhealthy: collect is not running');
    expect(said()).toEqual([]);
    await writeFile(alertStatePath(root), JSON.stringify({ alerts: [], outbox: [] }));
    await judge(0);
    expect(said()).toEqual(['firing collector_stopped/collect']);
  });

  it('tells rather twice than not at all where it cannot know what was told', async () => {
    await beat([down]);
    await mkdir(dirname(alertStatePath(root)), { recursive: true });
    await writeFile(alertStatePath(root), '{"alerts":[{');
    expect(await judge(0)).toContain('unhealthy: collect is not running');
    expect(said()).toEqual(['firing collector_stopped/collect']);
  });

  it('keeps what could not be delivered for the next run, and says so', async () => {
    receiver.answer = { status: 404 };
    expect(await judge(0)).toMatch(
      /^send alert of .*: status 404.*\n {2}check alerting\.webhook_url/,
    );
    receiver.answer = { status: 200 };
    expect(await judge(5)).toContain('no heartbeat');
    expect(said()).toEqual([`firing ${stopped}`]);
  });

  it('tells once where two runs meet', async () => {
    await Promise.all([judge(0), judge(0)]);
    expect(said()).toEqual([`firing ${stopped}`]);
  });

  it('says what to set where there is no address', async () => {
    expect(await judge(0, '')).toMatch(
      /webhook_url is not set\n {2}set CRYPTO_LAKE_ALERTING__WEBHOOK_URL/,
    );
  });
});
