import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSystemClock } from '../../lake/clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { heartbeatPath } from '../../lake/layout.ts';
import { takeLock } from '../../lake/lock.ts';
import { silentLog } from '../../lake/log.ts';
import { readHeartbeat, runHealth } from './health.ts';
import type { Heartbeat } from './heartbeat.ts';
import { openHeartbeat } from './heartbeat-writer.ts';
import type { ServiceReport } from './service-report.ts';
import { judgeHeartbeat } from './verdict.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const problem = {
  id: 'x',
  condition: 'lake' as const,
  subject: 'x',
  alerts: true,
  what: 'it burns',
  since: '2026-11-20T11:00:00Z',
  action: 'put it out',
};
const heartbeat: Heartbeat = {
  timestamp: '2026-11-20T11:59:30Z',
  status: 'healthy',
  stopped_at: null,
  raw_files: 10,
  parquet_rows: 600,
  disk_usage_gb: 0.1,
  disk_free_percent: 50,
  disk_full_in_days: null,
  services: [],
  collector: null,
  transformer: { last_run: null, last_success_at: null, lag_seconds: null },
  upload: null,
  memory_mb: null,
  losses_last_hour: [],
  completeness: [],
  problems: [],
};

describe('judgeHeartbeat', () => {
  it.each<[string, Heartbeat | undefined, boolean, RegExp]>([
    ['healthy and fresh', heartbeat, true, /^healthy: 0 symbols, 10 raw parts, 600 bars$/],
    ['missing', undefined, false, /^no heartbeat: .*; start --mode orchestrate/],
    ['3 intervals old', { ...heartbeat, timestamp: '2026-11-20T11:57:00Z' }, true, /^healthy/],
    [
      'older',
      { ...heartbeat, timestamp: '2026-11-20T11:56:59Z' },
      false,
      /181 s old; start --mode/,
    ],
    ['from the future', { ...heartbeat, timestamp: '2026-11-20T12:30:00Z' }, false, /-1800 s old/],
    ['without a time', { ...heartbeat, timestamp: 'noon' }, false, /has stopped/],
    [
      'degraded',
      { ...heartbeat, status: 'degraded', problems: [{ ...problem, severity: 'degraded' }] },
      true,
      /^degraded: it burns since 2026-11-20T11:00:00Z; put it out$/,
    ],
    [
      'unhealthy',
      {
        ...heartbeat,
        status: 'unhealthy',
        problems: [
          { ...problem, severity: 'unhealthy' },
          { ...problem, severity: 'degraded' },
        ],
      },
      false,
      /^unhealthy: it burns since .* \(and 1 more\); put it out$/,
    ],
  ])('%s', (_title, given, isGood, text) => {
    const verdict = judgeHeartbeat(given, nowMs, 60_000);
    expect(verdict.isGood).toBe(isGood);
    expect(verdict.text).toMatch(text);
    expect(verdict.text).not.toContain('\n');
  });
});

describe('judgeHeartbeat of a lake without a heartbeat', () => {
  const old = { ...heartbeat, timestamp: '2026-11-20T11:50:00Z' };
  const full = { freeBytes: 0, bytes: 64e6 };
  const roomy = { freeBytes: 32e6, bytes: 64e6 };
  const orchestrator = 'process 7 on vm-1 (--mode orchestrate)';
  it.each([
    [
      'names the full disk, and who runs',
      { orchestrator, disk: full },
      'heartbeat has stopped: the last one is 600 s old, though the orchestrator runs ' +
        '(process 7 on vm-1 (--mode orchestrate)): the disk is full: 0 MB of 64 MB are free; ' +
        'free space on it or enlarge it; nothing can be recorded meanwhile',
    ],
    [
      'says what to start once there is room',
      { orchestrator: undefined, disk: full },
      'heartbeat has stopped: the last one is 600 s old: the disk is full: 0 MB of 64 MB are free; ' +
        'free space on it or enlarge it, then start --mode orchestrate; nothing can be recorded meanwhile',
    ],
    [
      'does not call for a start of what runs',
      { orchestrator, disk: roomy },
      'heartbeat has stopped: the last one is 600 s old, though the orchestrator runs ' +
        '(process 7 on vm-1 (--mode orchestrate)); see logs/qa/crypto-lake.log; restart it if the ' +
        'next heartbeat does not come',
    ],
    [
      'calls for a start of what does not',
      { orchestrator: undefined, disk: roomy },
      'heartbeat has stopped: the last one is 600 s old; start --mode orchestrate, or look why it ' +
        'ended in logs/qa/crypto-lake.log',
    ],
  ])('%s', (_title, around, text) => {
    expect(judgeHeartbeat(old, nowMs, 60_000, around)).toEqual({ isGood: false, text });
  });
});

describe('openHeartbeat and runHealth', () => {
  let root: string;
  let service: ServiceReport;
  const clock = openSystemClock();
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'crypto-lake-health-'));
    service = {
      name: 'collect',
      isLongRunning: true,
      state: 'running',
      pid: 4711,
      startedAtMs: Date.now(),
      restarts: 0,
      restartsLastHour: 0,
      lastExit: null,
      lastErrors: [],
      interval: null,
    };
  });

  const nothingElse = {
    findCascade: () => undefined,
    countBadEnds: () => 0,
    findAlertTrouble: () => undefined,
    onHeartbeat() {},
  };

  const makeConfig = () =>
    parseConfig('cleanup: { disk_alert_percent: 100 }', { CRYPTO_LAKE_ROOT: root });

  const judge = () =>
    runHealth({
      config: makeConfig(),
      configText: '',
      options: {},
      positionals: [],
      onReload() {},
      log: silentLog,
      clock,
      signal: new AbortController().signal,
    });

  it('agree: healthy while the service runs, unhealthy when it has stopped', async () => {
    const listServices = () => [service];
    const options = { config: makeConfig(), clock, log: silentLog, listServices, ...nothingElse };
    const writer = openHeartbeat(options);
    writer.renew();
    await writer.close(false);
    expect(await readHeartbeat(root)).toMatchObject({ status: 'healthy', problems: [] });
    expect(await judge()).toBe(0);
    expect(await readFile(join(root, 'health', 'health.md'), 'utf8')).toContain('healthy');

    service.state = 'stopped';
    await openHeartbeat(options).close(false);
    await expect(judge()).rejects.toThrow(/^judge health of .*: unhealthy: collect is not running/);

    await openHeartbeat(options).close(true);
    await expect(judge()).rejects.toThrow(/^judge health of .*: stopped as asked at 20\d\d-/);
  });

  it('see who holds the lock of the orchestrator where there is no heartbeat', async () => {
    const lock = await takeLock(root, 'orchestrate');
    await expect(judge()).rejects.toThrow(
      new RegExp(`no heartbeat: .*, though the orchestrator runs \\(process ${process.pid} on `),
    );
    await lock.release();
    await expect(judge()).rejects.toThrow(/no heartbeat: [^;]*written one yet; start --mode/);
  });

  it('judges a heartbeat that cannot be read as none', async () => {
    await mkdir(join(root, 'health'));
    await writeFile(heartbeatPath(root), '{"timestamp":');
    await expect(judge()).rejects.toThrow('no heartbeat');
  });

  it('logs a heartbeat that cannot be written, and goes on', async () => {
    await writeFile(join(root, 'health'), 'a file in the way');
    const errors: string[] = [];
    const log = { ...silentLog, error: (message: string) => errors.push(message) };
    const listServices = () => [];
    const writer = openHeartbeat({
      config: makeConfig(),
      clock,
      log,
      listServices,
      ...nothingElse,
    });
    await writer.close(false);
    expect(errors).toEqual([
      expect.stringMatching(/^write heartbeat of .*: ENOTDIR.*; it is tried/),
    ]);
  });
});
