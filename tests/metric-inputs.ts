// Everything metrics are made of, with nothing missing: what a lake says when all of its parts have spoken.

import type { MetricInputs } from '../tools/metrics/inputs.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const iso = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString();
const btc = { exchange: 'binance', symbol: 'BTCUSDT' };

const symbols = [
  {
    ...btc,
    last_trade_age: 0.5,
    messages_per_second: 80,
    latency_p50_ms: 12,
    latency_p95_ms: 30,
    latency_max_ms: 95,
    gaps_open: 1,
    gap_age_seconds: 7,
    trades_filled: 20,
    totals: {
      messages: 5000,
      bytes: 600_000,
      parts_sealed: 12,
      gaps_found: 2,
      trades_missed: 30,
      trades_filled: 20,
    },
  },
];
/** What a collector says of its fills. */
export const fill = {
  exchange: 'binance',
  gaps: 1,
  trades_missing: 10,
  trades_filled: 20,
  trades_not_found: 0,
  weight_used: 100,
  weight_allowed: 3000,
  blocked_seconds: 0,
};
const collect = {
  updated_at: iso(5),
  pid: 1,
  connections: [
    { conn: 'c1', exchange: 'binance', lane: 0, state: 'live', streams: 2, reconnects: 0 },
    { conn: 'c2', exchange: 'binance', lane: 0, state: 'connecting', streams: 2, reconnects: 0 },
  ],
  lanes: [{ exchange: 'binance', lane: 0, reconnects: 3, handovers: 4 }],
  symbols,
  latencies: [
    {
      exchange: 'binance',
      buckets: [
        { le_seconds: 0.01, count: 400 },
        { le_seconds: 0.1, count: 990 },
      ],
      count: 1000,
      sum_seconds: 25.5,
    },
  ],
  clock_offset_ms: -12,
  fills: [fill],
  problems: [{ what: 'a stream is silent', since: iso(60), action: 'look' }],
};
const run = { started_at: iso(130), finished_at: iso(120), ok: true, error: null };
const store = {
  store: 'gcs',
  url: 'gs://bucket/lake',
  attempts: 40,
  attempts_failed: 2,
  objects_queued: 3,
  bytes_queued: 5000,
  queued_since: iso(3600),
  last_batch_at: null,
  error: 'status 503',
  failing_since: iso(600),
  hours: [],
};
const upload = {
  updated_at: iso(60),
  last_run: { ...run, objects: 26, bytes: 9_000_000 },
  last_success_at: iso(120),
  stores: [store],
};
const lastRun = { ...run, parts: 26, messages: 90_000, lines_quarantined: 0 };

export const fullInputs: MetricInputs = {
  nowMs,
  version: '0.1.0',
  heartbeat: {
    timestamp: iso(30),
    status: 'degraded',
    interval_seconds: 60,
    stopped_at: null,
    raw_files: 4321,
    parquet_rows: 86_400,
    disk_usage_gb: 1.234568,
    disk_free_percent: 61.5,
    disk_full_in_days: 12.5,
    memory_mb: 300,
    services: [
      {
        name: 'collect',
        state: 'running',
        pid: 4711,
        restarts: 2,
        last_progress: iso(5),
        memory_mb: 120,
      },
    ],
    collector: {
      updated_at: iso(5),
      clock_offset_ms: -12,
      connections: [],
      symbols,
      fills: [fill],
    },
    transformer: { last_run: lastRun, last_success_at: iso(120), lag_seconds: 90 },
    upload: null,
    losses_last_hour: [{ exchange: 'binance', connection: '0/0', lost: 6 }],
    completeness: [
      { ...btc, day: '2026-11-19', percent: 99.5, seconds_missing: 43, trades_missing: 7 },
    ],
    problems: [
      {
        id: 'gaps binance/BTCUSDT',
        condition: 'gap',
        subject: 'binance/BTCUSDT',
        severity: 'degraded',
        alerts: true,
        what: 'trades are missing',
        since: iso(400),
        action: 'look',
      },
    ],
  },
  collect,
  transform: { updated_at: iso(120), last_run: lastRun },
  reconcile: {
    updated_at: iso(60),
    last_run: { ...run, seconds_compared: 900 },
    unresolved: [
      {
        ...btc,
        day: '2026-11-19',
        differences: 2,
        missing_here: 1,
        missing_there: 0,
        first_second: '2026-11-19T07:00:05Z',
      },
    ],
  },
  uploads: [
    { service: 'upload', status: upload },
    { service: 'upload-raw', status: upload },
  ],
  partitions: [
    { ...btc, dataset: 'bars_1s', day: 'today', rows: 43_000, lastSecondMs: nowMs - 200_000 },
    { ...btc, dataset: 'bars_1s', day: 'yesterday', rows: 86_400, lastSecondMs: nowMs - 4e7 },
    { ...btc, dataset: 'trades', day: 'today', rows: 900_000, lastSecondMs: nowMs - 200_000 },
  ],
  disk: { freeBytes: 4e9, bytes: 2e10 },
  failed: [],
};
