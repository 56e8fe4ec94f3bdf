// The heartbeat: what the lake says of itself every minute. Built from what its parts have reported;
// holds no effects. The shape is a contract with users and other tools: add to it, never change it.

import { z } from 'zod';
import {
  type CollectStatus,
  collectStatusSchema,
  storeStatusSchema,
  transformStatusSchema,
  type UploadStatus,
  uploadStatusSchema,
} from '../../lake/status.ts';
import type { HealthInputs } from './health-inputs.ts';
import { type Problem, problemSchema } from './problem.ts';
import { findProblems } from './problems.ts';
import type { ServiceReport } from './service-report.ts';

const statuses = ['healthy', 'degraded', 'unhealthy'] as const;
export type HealthStatus = (typeof statuses)[number];

const uploadReportSchema = uploadStatusSchema.extend({
  updated_at: z.string().nullable(),
  stores: z.array(storeStatusSchema.omit({ hours: true })),
});

export const heartbeatSchema = z.object({
  /** ISO 8601, UTC. */
  timestamp: z.string(),
  /** How long after this one the next is due. */
  interval_seconds: z.number().optional(),
  status: z.enum(statuses),
  /** When it was stopped as asked; null while it runs, and where it ended otherwise. */
  stopped_at: z.string().nullable().default(null),
  /** Sealed raw parts. */
  raw_files: z.int(),
  /** Rows of all bars_1s partitions, by their manifests. */
  parquet_rows: z.int(),
  /** Bytes of all files below the root, in 10^9. */
  disk_usage_gb: z.number(),
  disk_free_percent: z.number(),
  /** Days until the disk is full, by the growth of the last days; null: not foreseen, or not known yet. */
  disk_full_in_days: z.number().nullable().default(null),
  /** Resident memory of all processes of the lake. */
  memory_mb: z.number().nullable().default(null),
  services: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      /** Null where no process runs. */
      pid: z.int().nullable().default(null),
      restarts: z.int(),
      last_progress: z.string().nullable(),
      /** Resident, of its process; null where none runs or the system does not tell. */
      memory_mb: z.number().nullable().default(null),
    }),
  ),
  collector: collectStatusSchema
    .pick({
      updated_at: true,
      clock_offset_ms: true,
      connections: true,
      symbols: true,
      fills: true,
    })
    .nullable(),
  transformer: z.object({
    last_run: transformStatusSchema.shape.last_run.nullable(),
    last_success_at: z.string().nullable(),
    /** Seconds since the last run that succeeded. */
    lag_seconds: z.number().nullable(),
  }),
  /** Null: nothing is uploaded. `raw`: of raw parts in batches, null where that is not done. */
  upload: uploadReportSchema.extend({ raw: uploadReportSchema.nullable() }).nullable(),
  /** Connections lost in the last hour that had delivered; `connection` is lane and shard. */
  losses_last_hour: z
    .array(z.object({ exchange: z.string(), connection: z.string(), lost: z.int() }))
    .default([]),
  /** Of the last finished day, by symbol. */
  completeness: z
    .array(
      z.object({
        exchange: z.string(),
        symbol: z.string(),
        day: z.string(),
        percent: z.number(),
        seconds_missing: z.int(),
        trades_missing: z.int(),
      }),
    )
    .default([]),
  problems: z.array(problemSchema),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** What the heartbeat is made of. `previous`, the one before, knows since when a problem lasts. */
export type HeartbeatInputs = HealthInputs & { previous: Heartbeat | undefined };

export function buildHeartbeat(inputs: HeartbeatInputs): Heartbeat {
  const { nowMs, usage, services, collect } = inputs;
  const transformer = describeTransformer(inputs);
  const problems = findProblems(
    inputs,
    transformer.last_success_at,
    inputs.previous?.problems ?? [],
  );
  return {
    timestamp: new Date(nowMs).toISOString(),
    interval_seconds: inputs.intervalMs / 1000,
    status: findWorst(problems),
    stopped_at: inputs.isStoppedAsAsked === true ? new Date(nowMs).toISOString() : null,
    raw_files: usage.rawFiles,
    parquet_rows: usage.parquetRows,
    disk_usage_gb: round(usage.bytes / 1e9, 6),
    disk_free_percent: round(inputs.diskFreePercent, 2),
    disk_full_in_days: inputs.diskFullInDays == null ? null : round(inputs.diskFullInDays, 1),
    services: services.map((service) => ({
      name: service.name,
      state: service.state,
      pid: service.pid,
      restarts: service.restarts,
      last_progress: findProgress(service, inputs),
      memory_mb: inputs.memory?.byPid.get(service.pid ?? -1) ?? null,
    })),
    memory_mb: inputs.memory?.megabytes ?? null,
    collector: collect === undefined ? null : describeCollector(collect, nowMs),
    transformer,
    upload: describeUpload(inputs),
    losses_last_hour: [...inputs.losses],
    completeness: selectLastDay(inputs.completeness),
    problems,
  };
}

/** A large lake has thousands of days; the problems name those before. */
function selectLastDay(days: HeartbeatInputs['completeness']): Heartbeat['completeness'] {
  const last = days.reduce((latest, { day }) => (day > latest ? day : latest), '');
  return days.filter(({ day }) => day === last);
}

function findWorst(problems: readonly Problem[]): HealthStatus {
  if (problems.some(({ severity }) => severity === 'unhealthy')) return 'unhealthy';
  return problems.length > 0 ? 'degraded' : 'healthy';
}

/** The last thing a service is known to have done: by its own word, else its last start or end. */
function findProgress(service: ServiceReport, { collect, transform }: HeartbeatInputs) {
  if (service.name === 'collect' && collect !== undefined) return collect.updated_at;
  if (service.name === 'transform' && transform !== undefined) return transform.updated_at;
  const lastMs = Math.max(service.startedAtMs ?? 0, service.lastExit?.atMs ?? 0);
  return lastMs === 0 ? null : new Date(lastMs).toISOString();
}

/** What the collector said, its ages counted up to now. */
function describeCollector(collect: CollectStatus, nowMs: number): Heartbeat['collector'] {
  const { updated_at, clock_offset_ms, connections, fills } = collect;
  const sinceSeconds = Math.max(0, nowMs - Date.parse(updated_at)) / 1000;
  const symbols = collect.symbols.map((symbol) => ({
    ...symbol,
    last_trade_age:
      symbol.last_trade_age === null ? null : round(symbol.last_trade_age + sinceSeconds, 3),
  }));
  return { updated_at, clock_offset_ms, connections, symbols, ...(fills && { fills }) };
}

function describeTransformer({ transform, previous, nowMs }: HeartbeatInputs) {
  const run = transform?.last_run ?? null;
  const last_success_at = run?.ok
    ? run.finished_at
    : (previous?.transformer.last_success_at ?? null);
  const lagMs = last_success_at === null ? null : Math.max(0, nowMs - Date.parse(last_success_at));
  const lag_seconds = lagMs === null ? null : Math.round(lagMs / 1000);
  return { last_run: run, last_success_at, lag_seconds };
}

function describeUpload({ upload }: HeartbeatInputs): Heartbeat['upload'] {
  if (upload === null) return null;
  const { run, raw } = upload;
  const none = { updated_at: null, last_run: null, last_success_at: null, stores: [] };
  return { ...(run ? describeUploads(run) : none), raw: raw ? describeUploads(raw) : null };
}

function describeUploads(status: UploadStatus) {
  return { ...status, stores: status.stores.map(({ hours: _, ...store }) => store) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
