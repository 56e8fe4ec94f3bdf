import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import type { CollectStatus, TransformStatus } from '../../lake/status.ts';
import { fill } from '../../tests/metric-inputs.ts';
import { formatHealthPage } from './health-page.ts';
import { buildHeartbeat, type HeartbeatInputs, heartbeatSchema } from './heartbeat.ts';
import type { ServiceReport } from './service-report.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const iso = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString();

const collectService: ServiceReport = {
  name: 'collect',
  isLongRunning: true,
  state: 'running',
  pid: 4711,
  startedAtMs: nowMs - 3_600_000,
  restarts: 0,
  restartsLastHour: 0,
  lastExit: null,
  lastErrors: [],
  interval: null,
};
const transformService: ServiceReport = {
  ...collectService,
  name: 'transform',
  isLongRunning: false,
  state: 'idle',
  pid: null,
  interval: { ms: 600_000, sinceMs: nowMs - 3_600_000 },
};
const symbol = {
  exchange: 'binance',
  symbol: 'BTCUSDT',
  last_trade_age: 0.5,
  messages_per_second: 80,
  latency_p50_ms: 12,
  latency_p95_ms: 30,
  latency_max_ms: 95,
};
const collect: CollectStatus = {
  updated_at: iso(5),
  pid: 1,
  connections: [{ conn: 'c1', exchange: 'binance', state: 'open', streams: 2, reconnects: 0 }],
  symbols: [symbol, { ...symbol, symbol: 'ETHUSDT', last_trade_age: null }],
  clock_offset_ms: -12,
  problems: [],
};
const lastRun = {
  started_at: iso(130),
  finished_at: iso(120),
  ok: true,
  parts: 26,
  messages: 90_000,
  lines_quarantined: 0,
  error: null,
};
const transform: TransformStatus = { updated_at: iso(120), last_run: lastRun };

const healthy: HeartbeatInputs = {
  nowMs,
  intervalMs: 60_000,
  services: [collectService, transformService],
  cascade: undefined,
  collect,
  transform,
  reconcile: undefined,
  usage: { bytes: 1_234_567_890, rawFiles: 4321, parquetRows: 86_400 },
  diskFreePercent: 61.5,
  diskAlertPercent: 80,
  expectsTrades: true,
  upload: null,
  thresholds: parseConfig('', {}).alerting,
  memory: undefined,
  losses: [],
  completeness: [],
  badEnds: 0,
  alertTrouble: undefined,
  previous: undefined,
};

const withCollect = (more: Partial<CollectStatus>) => ({ collect: { ...collect, ...more } });
const withService = (more: Partial<ServiceReport>) => ({
  services: [{ ...collectService, ...more }, transformService],
});
const withRun = (more: Partial<TransformStatus['last_run']>) => ({
  transform: { ...transform, last_run: { ...lastRun, ...more } },
});
const withAge = (seconds: number | null) =>
  withCollect({ symbols: [{ ...symbol, last_trade_age: seconds }] });
const gapsOfBtc = 'gaps binance/BTCUSDT';
const withGaps = (seconds: number) =>
  withCollect({ symbols: [{ ...symbol, gaps_open: 2, gap_age_seconds: seconds }] });
const withScore = (missing: number, first: number) =>
  withCollect({
    connections: [{ ...collect.connections[0]!, trades: { first, late: 0, missing } }],
  });
const withFills = (more: Partial<typeof fill>) => withCollect({ fills: [{ ...fill, ...more }] });
const cascade = { why: 'collect and transform failed', atMs: nowMs - 3_600_000, isNow: false };
const exited = { isGood: false, what: 'exited with code 1 after 12 s', atMs: nowMs - 3000 };

const difference = {
  exchange: 'binance',
  symbol: 'BTCUSDT',
  day: '2026-11-19',
  differences: 2,
  missing_here: 1,
  missing_there: 0,
  first_second: '2026-11-19T07:00:05Z',
};
const reconcile = {
  updated_at: iso(60),
  last_run: {
    started_at: iso(62),
    finished_at: iso(60),
    ok: true,
    seconds_compared: 900,
    error: null,
  },
  unresolved: [difference],
};

describe('buildHeartbeat', () => {
  it('says why bars could not be compared, in place of how the process ended', () => {
    const exit = { isGood: false, what: 'exited with code 1 after 2 s', atMs: nowMs - 60_000 };
    const service = { ...transformService, name: 'reconcile', interval: null, lastExit: exit };
    const started = { ...service, startedAtMs: nowMs - 62_000 };
    const failed = { ...reconcile.last_run, ok: false, error: 'get /api/v3/klines: status 403' };
    const services = [...healthy.services, started];
    const status = { ...reconcile, last_run: failed, unresolved: [] };
    const { problems } = buildHeartbeat({ ...healthy, services, reconcile: status });
    expect(problems).toMatchObject([
      { id: 'reconcile-failed', what: expect.stringContaining('status 403'), since: iso(60) },
    ]);
    const silent = buildHeartbeat({ ...healthy, services, reconcile: undefined });
    expect(silent.problems).toMatchObject([{ what: 'reconcile exited with code 1 after 2 s' }]);
  });

  it('names every symbol and day whose bars still differ from the exchange’s klines', () => {
    const { status, problems } = buildHeartbeat({ ...healthy, reconcile });
    expect(status).toBe('degraded');
    expect(problems).toEqual([
      {
        id: 'reconcile: binance/BTCUSDT 2026-11-19',
        condition: 'reconcile',
        subject: 'binance/BTCUSDT 2026-11-19',
        severity: 'degraded',
        alerts: true,
        what: expect.stringContaining(
          'from 2026-11-19T07:00:05Z on: 2 values differ, 1 seconds are missing here',
        ),
        since: iso(0),
        action: expect.stringContaining(
          '--mode reconcile --exchange binance --symbol BTCUSDT --date 2026-11-19',
        ),
      },
    ]);
    const many = Array.from({ length: 25 }, () => difference);
    const heartbeat = buildHeartbeat({ ...healthy, reconcile: { ...reconcile, unresolved: many } });
    expect(heartbeat.problems).toHaveLength(21);
    expect(heartbeat.problems.at(-1)!.what).toContain('5 more symbols and days');
  });

  it('holds exactly what the contract names, when all is well', () => {
    const heartbeat = buildHeartbeat(healthy);
    expect(heartbeat).toEqual({
      timestamp: '2026-11-20T12:00:00.000Z',
      interval_seconds: 60,
      status: 'healthy',
      stopped_at: null,
      raw_files: 4321,
      parquet_rows: 86_400,
      disk_usage_gb: 1.234568,
      disk_free_percent: 61.5,
      disk_full_in_days: null,
      services: [
        {
          name: 'collect',
          state: 'running',
          pid: 4711,
          restarts: 0,
          last_progress: iso(5),
          memory_mb: null,
        },
        {
          name: 'transform',
          state: 'idle',
          pid: null,
          restarts: 0,
          last_progress: iso(120),
          memory_mb: null,
        },
      ],
      collector: {
        updated_at: iso(5),
        clock_offset_ms: -12,
        connections: collect.connections,
        symbols: [
          { ...symbol, last_trade_age: 5.5 },
          { ...symbol, symbol: 'ETHUSDT', last_trade_age: null },
        ],
      },
      transformer: { last_run: lastRun, last_success_at: iso(120), lag_seconds: 120 },
      upload: null,
      memory_mb: null,
      losses_last_hour: [],
      completeness: [],
      problems: [],
    });
    expect(heartbeatSchema.parse(JSON.parse(JSON.stringify(heartbeat)))).toEqual(heartbeat);
  });

  it.each<[string, Partial<HeartbeatInputs>, string, string]>([
    [
      'collect is to be restarted',
      withService({ state: 'waiting', lastExit: exited }),
      'unhealthy',
      'collect-down',
    ],
    ['collect was stopped', withService({ state: 'stopped' }), 'unhealthy', 'collect-down'],
    ['no trade for more than 5 minutes', withAge(296), 'unhealthy', 'no-trades'],
    ['no trade since the start, an hour ago', withAge(null), 'unhealthy', 'no-trades'],
    [
      'collect has not reported for 61 s',
      withCollect({ updated_at: iso(61) }),
      'unhealthy',
      'collect-hangs',
    ],
    ['collect has never reported', { collect: undefined }, 'unhealthy', 'collect-hangs'],
    ['the disk is more than 95 % full', { diskFreePercent: 4.9 }, 'unhealthy', 'disk'],
    ['the disk is fuller than the alert', { diskFreePercent: 19 }, 'degraded', 'disk'],
    ['collect was restarted', withService({ restartsLastHour: 2 }), 'degraded', 'collect-restarts'],
    ['collect keeps dying', withService({ restartsLastHour: 3 }), 'unhealthy', 'collect-restarts'],
    ['there is a cascade', { cascade: { ...cascade, isNow: true } }, 'unhealthy', 'cascade'],
    ['there was a cascade', { cascade }, 'degraded', 'cascade'],
    [
      'the transform failed',
      withRun({ ok: false, error: 'no space' }),
      'degraded',
      'transform-failed',
    ],
    ['the transform is late', withRun({ finished_at: iso(1501) }), 'degraded', 'transform-late'],
    ['no transform has ever succeeded', { transform: undefined }, 'degraded', 'transform-late'],
    ['a symbol lacks trades for more than a minute', withGaps(61), 'degraded', gapsOfBtc],
    [
      'the exchange blocks us',
      withFills({ blocked_seconds: 9 }),
      'degraded',
      'rest-blocked binance',
    ],
    ['fills are behind', withFills({ trades_missing: 50_001 }), 'degraded', 'fills-behind binance'],
    ['a connection lacks trades', withScore(101, 2000), 'degraded', 'score binance c1'],
    ['the clock is behind', withCollect({ clock_offset_ms: 1300 }), 'degraded', 'clock-offset'],
    ['the clock is ahead', withCollect({ clock_offset_ms: -1001 }), 'degraded', 'clock-offset'],
  ])('says so when %s', (_title, more, status, id) => {
    const heartbeat = buildHeartbeat({ ...healthy, ...more });
    expect(heartbeat.status).toBe(status);
    expect(heartbeat.problems.map((problem) => problem.id)).toContain(id);
    for (const { what, since, action } of heartbeat.problems) {
      expect(what).not.toBe('');
      expect(action).not.toBe('');
      expect(Date.parse(since)).toBeLessThanOrEqual(nowMs);
    }
  });

  it('says how a service that keeps dying last ended, and what it said', () => {
    const lastErrors = ['an error', 'FATAL ERROR: out of memory'];
    const { problems } = buildHeartbeat({
      ...healthy,
      ...withService({ restartsLastHour: 3, lastExit: exited, lastErrors }),
    });
    expect(problems[0]!.what).toBe(
      'collect was restarted 3 time(s) in the last hour; it last exited with code 1 after 12 s: FATAL ERROR: out of memory',
    );
  });

  it.each<[string, Partial<HeartbeatInputs>]>([
    ['no trade for just 5 minutes', withAge(295)],
    ['a gap of a minute', withGaps(60)],
    ['a connection that lacks few trades', withScore(100, 100)],
    ['a connection that lacks a small share', withScore(200, 9800)],
    ['fills that go on', withFills({ trades_missing: 50_000 })],
    ['a cascade more than an hour ago', { cascade: { ...cascade, atMs: nowMs - 3_600_001 } }],
    [
      'no trade yet, but started 4 minutes ago',
      { ...withService({ startedAtMs: nowMs - 240_000 }), ...withAge(null) },
    ],
    ['no trades where none are collected', { ...withAge(null), expectsTrades: false }],
    [
      'no report yet, but started 50 s ago',
      { ...withService({ startedAtMs: nowMs - 50_000 }), collect: undefined },
    ],
    [
      'only the report of a former process yet',
      { ...withService({ startedAtMs: nowMs - 4000 }), ...withAge(4000) },
    ],
    ['a transform 2.5 intervals ago', withRun({ finished_at: iso(1500) })],
    [
      'no transform yet, but started 20 minutes ago',
      {
        transform: undefined,
        services: [
          collectService,
          { ...transformService, interval: { ms: 600_000, sinceMs: nowMs - 1_200_000 } },
        ],
      },
    ],
    ['a clock 1 s off', withCollect({ clock_offset_ms: 1000 })],
    ['a full-looking disk below the alert', { diskFreePercent: 20 }],
  ])('is healthy with %s', (_title, more) => {
    expect(buildHeartbeat({ ...healthy, ...more }).problems).toEqual([]);
  });

  it('passes on what the collector reports of its streams, bounded', () => {
    const stale = (i: number) => ({ what: `stream ${i} is stale`, since: iso(90), action: 'wait' });
    const problems = Array.from({ length: 30 }, (_, i) => stale(i));
    const heartbeat = buildHeartbeat({ ...healthy, ...withCollect({ problems }) });
    expect(heartbeat.status).toBe('degraded');
    expect(heartbeat.problems[0]).toMatchObject({ what: 'stream 0 is stale', since: iso(90) });
    expect(heartbeat.problems.map(({ what }) => what).slice(20)).toEqual([
      '10 more problems of the collector',
    ]);
  });

  it('puts what is worse first', () => {
    const heartbeat = buildHeartbeat({
      ...healthy,
      ...withService({ state: 'waiting', lastExit: exited, restartsLastHour: 1 }),
      ...withRun({ ok: false, error: 'no space\n  free some' }),
    });
    expect(heartbeat.problems.map(({ id }) => id)).toEqual([
      'collect-down',
      'transform-failed',
      'transform-late',
      'collect-restarts',
    ]);
    expect(heartbeat.problems[1]?.what).toBe('the last transform failed: no space; free some');
    expect(heartbeat.problems[0]).toMatchObject({
      what: 'collect is not running: it exited with code 1 after 12 s',
      since: iso(3),
    });
  });

  it('puts what is not recorded before what is late, and restarts last', () => {
    const subject = 'binance 0/0';
    const what = 'connection c9 to binance is waiting';
    const down = { what, since: iso(400), action: 'look', kind: 'connection' as const, subject };
    const { problems } = buildHeartbeat({
      ...healthy,
      ...withService({ restartsLastHour: 1 }),
      ...withRun({ ok: false }),
      ...withCollect({ problems: [{ ...down, last_error: 'connect ECONNREFUSED' }] }),
      diskFreePercent: 10,
    });
    expect(problems.map(({ condition }) => condition)).toEqual([
      'gap',
      'disk',
      'transform_failed',
      'transform_late',
      'restarts',
    ]);
    expect(problems[0]!.what).toBe(`${what} (last error: connect ECONNREFUSED)`);
  });

  it('says of a whole outage which exchange, why and since when, as one alert with its gaps', () => {
    const down = (lane: number) => ({
      what: `connection c${lane} to binance is waiting`,
      since: iso(310),
      action: 'look',
      kind: 'connection' as const,
      subject: `binance ${lane}/0`,
      last_error: 'connect ECONNREFUSED',
    });
    const silent = { symbols: [{ ...symbol, last_trade_age: 310 }] };
    const { problems } = buildHeartbeat({
      ...healthy,
      ...withCollect({ ...silent, problems: [down(0), down(1)] }),
      reconcile: { ...reconcile, last_run: { ...reconcile.last_run, ok: false }, unresolved: [] },
    });
    expect(problems[0]).toEqual({
      id: 'no-trades',
      condition: 'collector_stopped',
      subject: 'trades',
      severity: 'unhealthy',
      alerts: true,
      what:
        'no trade on any symbol of binance for 5 min; connection c0 to binance is waiting, ' +
        'last error: connect ECONNREFUSED',
      since: iso(315),
      action: expect.stringContaining('--mode check'),
    });
    const covered_by = `${problems[0]!.condition}/${problems[0]!.subject}`;
    expect(problems.slice(1)).toMatchObject([
      { condition: 'gap', subject: 'binance 0/0', covered_by },
      { condition: 'gap', subject: 'binance 1/0', covered_by },
      { condition: 'job_failed', subject: 'reconcile', covered_by },
    ]);
  });

  it('does not blame the collector or the transform for what they cannot write on a full disk', () => {
    const silent = {
      ...healthy,
      ...withCollect({ updated_at: iso(3000) }),
      ...withRun({ finished_at: iso(3000) }),
      diskFreePercent: 0,
    };
    const listIds = (more: object) =>
      buildHeartbeat({ ...silent, ...more }).problems.map(({ id }) => id);
    expect(listIds({})).toEqual(['collect-hangs', 'disk', 'transform-late']);
    expect(listIds({ diskFullAtMs: nowMs })).toEqual(['disk']);
    // Not before they have had their time again.
    expect(listIds({ diskFullAtMs: nowMs - 60_000, diskFreePercent: 50 })).toEqual([]);
    expect(listIds({ diskFullAtMs: nowMs - 61_000, diskFreePercent: 50 })).toEqual([
      'collect-hangs',
    ]);
  });

  it('counts a job that failed on a full disk to the alert of the disk, and no other', () => {
    const failed = { ...healthy, ...withRun({ ok: false, finished_at: iso(30) }) };
    const find = (diskFullAtMs: number | undefined) =>
      buildHeartbeat({ ...failed, diskFullAtMs, diskFreePercent: 0 }).problems.map(
        ({ id, covered_by }) => [id, covered_by],
      );
    expect(find(nowMs)).toEqual([
      ['disk', undefined],
      ['transform-failed', 'disk/lake'],
    ]);
    for (const at of [undefined, nowMs - 31_000]) {
      expect(find(at).filter(([id]) => id !== 'transform-late')).toEqual([
        ['disk', undefined],
        ['transform-failed', undefined],
      ]);
    }
  });

  it('keeps since when a problem lasts from one heartbeat to the next, and no longer', () => {
    const bad = { ...healthy, ...withCollect({ clock_offset_ms: 1300 }) };
    const first = buildHeartbeat(bad);
    const later = (inputs: HeartbeatInputs, previous: typeof first) =>
      buildHeartbeat({ ...inputs, nowMs: nowMs + 20_000, previous });
    expect(later(bad, first).problems[0]?.since).toBe(iso(0));
    expect(later(bad, later(healthy, first)).problems[0]?.since).toBe(iso(-20));
  });

  it('remembers the last success through runs that fail', () => {
    const failed = { ...healthy, ...withRun({ ok: false, finished_at: iso(1) }) };
    const heartbeat = buildHeartbeat({ ...failed, previous: buildHeartbeat(healthy) });
    expect(heartbeat.transformer).toMatchObject({ last_success_at: iso(120), lag_seconds: 120 });
  });

  it('does not take the word of a former run for one that was killed', () => {
    const killed = { isGood: false, what: 'was ended by SIGKILL after 9 s', atMs: nowMs - 1000 };
    const services = [
      collectService,
      { ...transformService, startedAtMs: nowMs - 10_000, lastExit: killed },
    ];
    const heartbeat = buildHeartbeat({ ...healthy, services });
    expect(heartbeat.problems).toMatchObject([
      { id: 'transform-failed', what: 'transform was ended by SIGKILL after 9 s', since: iso(1) },
    ]);
  });
});

describe('formatHealthPage', () => {
  it('names status, problems with what to do, services and symbols', () => {
    const page = formatHealthPage(
      buildHeartbeat({ ...healthy, ...withCollect({ clock_offset_ms: 1300 }) }),
    );
    expect(page).toContain('# Crypto Lake: degraded');
    expect(page).toContain("- **degraded**: the local clock is 1.3 s behind the exchange's");
    expect(page).toContain('  - to do: let the machine keep its time by NTP');
    expect(page).toContain('| collect | running | 0 |');
    expect(page).toContain('| binance/BTCUSDT | 5.5 s ago | 80.0 | 12.0 | 30.0 | 95.0 |');
  });

  it('has no empty or undefined cells while nothing has reported yet', () => {
    const page = formatHealthPage(
      buildHeartbeat({ ...healthy, collect: undefined, transform: undefined }),
    );
    expect(page).toContain('No report yet.');
    expect(page).not.toMatch(/undefined|null|NaN/);
  });
});

it.each([10, 30, 60, 600])(
  'turns within three intervals of %i s after the collector began to hang, whatever the moment',
  (seconds) => {
    const intervalMs = seconds * 1000;
    const hung = { ...healthy, ...withCollect({ updated_at: iso(0) }), intervalMs };
    // The third heartbeat since then, the first of which came after this share of an interval.
    for (let share = 0.1; share <= 1; share += 0.1) {
      const heartbeat = buildHeartbeat({ ...hung, nowMs: nowMs + (2 + share) * intervalMs });
      expect(heartbeat.status).toBe('unhealthy');
    }
  },
);
