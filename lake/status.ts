// What a service last said of itself, `state/status/<service>.json`: rewritten by rename, read by the
// heartbeat. Stages meet here and in the data, never in each other's memory, so a stage started by
// cron is seen as well as one started by the orchestrator.

import { z } from 'zod';
import { readTextIfPresent, writeFileDurably } from './durable.ts';
import { findJson } from './json.ts';
import { statusPath } from './layout.ts';
import { strikeAll } from './secrets.ts';

const seconds = z.number().nullable();
const milliseconds = z.number().nullable();

const symbolStatusSchema = z.object({
  exchange: z.string(),
  symbol: z.string(),
  /** Seconds since the last trade frame; null before the first. */
  last_trade_age: seconds,
  /** Frames per second over the last latency window. */
  messages_per_second: z.number(),
  /** Receive time minus event time over the last window; null without trades in it. */
  latency_p50_ms: milliseconds,
  latency_p95_ms: milliseconds,
  latency_max_ms: milliseconds,
  /** Ranges of trade ids that are missing now, and for how long some have been. */
  gaps_open: z.int().optional(),
  gap_age_seconds: seconds.optional(),
  /** Trades fetched over REST since the start. */
  trades_filled: z.int().optional(),
  /** Since the process began: none ever falls. */
  totals: z
    .object({
      /** Frames of the symbol's streams, and bytes in them. */
      messages: z.int(),
      bytes: z.int(),
      parts_sealed: z.int(),
      gaps_found: z.int(),
      /** Trades in these gaps when they were found; trades fetched over REST. */
      trades_missed: z.int(),
      trades_filled: z.int(),
    })
    .optional(),
});

export const collectStatusSchema = z.object({
  /** ISO 8601, UTC. */
  updated_at: z.string(),
  pid: z.int(),
  /** Whether every stream is subscribed, on every lane. */
  listening: z.boolean().optional(),
  connections: z.array(
    z.object({
      conn: z.string(),
      exchange: z.string(),
      /** 0, or 1 for the second of two connections that listen to the same streams. */
      lane: z.int().optional(),
      /** Which part of the exchange's streams it listens to. */
      shard: z.int().optional(),
      state: z.string(),
      streams: z.int(),
      /** Connections lost, attempts that came to nothing included; connections replaced before they
       * were; and those lost that had delivered. */
      reconnects: z.int(),
      losses: z.int().optional(),
      handovers: z.int().optional(),
      /** Trades it delivered before any other connection, those another had delivered before, and
       * those it never delivered while another did. */
      trades: z.object({ first: z.int(), late: z.int(), missing: z.int() }).optional(),
    }),
  ),
  /** Connections lost and replaced since the process began, those that are no more included. */
  lanes: z
    .array(
      z.object({ exchange: z.string(), lane: z.int(), reconnects: z.int(), handovers: z.int() }),
    )
    .optional(),
  symbols: z.array(symbolStatusSchema),
  /** Latencies of trades since the process began, by exchange: how many were at most so long. */
  latencies: z
    .array(
      z.object({
        exchange: z.string(),
        buckets: z.array(z.object({ le_seconds: z.number(), count: z.int() })),
        count: z.int(),
        sum_seconds: z.number(),
      }),
    )
    .optional(),
  /** How far the exchange's clock is ahead of ours: measured over REST, or, where that was not possible
   * of late, the lower median of event time minus receive time over the last window's trades. */
  clock_offset_ms: milliseconds,
  /** What is missing and being fetched, by exchange. */
  fills: z
    .array(
      z.object({
        exchange: z.string(),
        /** Ranges of trade ids, and ids in them, that are missing now. */
        gaps: z.int(),
        trades_missing: z.int(),
        /** Since the start: trades fetched, and trades the exchange does not hand out. */
        trades_filled: z.int(),
        trades_not_found: z.int(),
        /** REST weight of the last minute, and what the collector may use of it. */
        weight_used: z.number(),
        weight_allowed: z.number(),
        /** For how long the exchange refuses our requests. */
        blocked_seconds: z.int(),
      }),
    )
    .optional(),
  /** What is wrong right now: silent and stale streams, paused reading. */
  problems: z.array(
    z.object({
      what: z.string(),
      since: z.string(),
      action: z.string(),
      /** What is in trouble: `refused` is a symbol or stream that the exchange does not have. */
      kind: z.enum(['connection', 'stream', 'refused', 'disk', 'configuration']).optional(),
      /** Its name, which stays the same while it lasts. */
      subject: z.string().optional(),
      /** Why a connection was lost or could not be made. */
      last_error: z.string().optional(),
    }),
  ),
});

export const transformStatusSchema = z.object({
  updated_at: z.string(),
  last_run: z.object({
    started_at: z.string(),
    finished_at: z.string(),
    ok: z.boolean(),
    /** Sealed parts transformed by the run. */
    parts: z.int(),
    messages: z.int(),
    lines_quarantined: z.int(),
    error: z.string().nullable(),
  }),
});

export const reconcileStatusSchema = z.object({
  updated_at: z.string(),
  last_run: z.object({
    started_at: z.string(),
    finished_at: z.string(),
    /** Whether everything that was due could be compared. */
    ok: z.boolean(),
    seconds_compared: z.int(),
    error: z.string().nullable(),
  }),
  /** What differs from the exchange's klines and was not resolved by a fill, of all days. */
  unresolved: z.array(
    z.object({
      exchange: z.string(),
      symbol: z.string(),
      day: z.string(),
      differences: z.int(),
      missing_here: z.int(),
      missing_there: z.int(),
      /** Start of the first second concerned. */
      first_second: z.string(),
    }),
  ),
});

/** How uploads to one store go. */
export const storeStatusSchema = z.object({
  /** `gcs`, `s3` or `folder`, and its address, `gs://bucket/prefix`. */
  store: z.string(),
  url: z.string(),
  /** Of the last 24 hours. */
  attempts: z.int(),
  attempts_failed: z.int(),
  /** What is due and not there yet. */
  objects_queued: z.int(),
  bytes_queued: z.int(),
  /** End of the oldest finished day that is not there yet. */
  queued_since: z.string().nullable(),
  /** Raw parts in batches: the last one sent, where that is done. */
  last_batch_at: z.string().nullable().default(null),
  /** Why the last attempt failed, and since when every attempt has. */
  error: z.string().nullable(),
  failing_since: z.string().nullable(),
  /** The attempts hour by hour, so that the count goes on over restarts. */
  hours: z.array(z.object({ hour: z.string(), attempts: z.int(), failed: z.int() })).default([]),
  /** Those of the last run over the whole lake; absent before the first, and of what runs all the time. */
  last_run: z.object({ attempts: z.int(), failed: z.int() }).optional(),
});

export const uploadStatusSchema = z.object({
  updated_at: z.string(),
  last_run: z
    .object({
      started_at: z.string(),
      finished_at: z.string(),
      /** Whether everything that was due is in every store, verified. */
      ok: z.boolean(),
      objects: z.int(),
      bytes: z.int(),
      error: z.string().nullable(),
    })
    .nullable(),
  last_success_at: z.string().nullable(),
  stores: z.array(storeStatusSchema),
});

export const webStatusSchema = z.object({
  updated_at: z.string(),
  pid: z.int(),
  /** Where it listens, http://127.0.0.1:8080. */
  url: z.string(),
});

export type WebStatus = z.infer<typeof webStatusSchema>;
export type UploadStatus = z.infer<typeof uploadStatusSchema>;
export type StoreStatus = z.infer<typeof storeStatusSchema>;
export type SymbolStatus = z.infer<typeof symbolStatusSchema>;
export type FillStatus = NonNullable<CollectStatus['fills']>[number];
export type CollectStatus = z.infer<typeof collectStatusSchema>;
export type TransformStatus = z.infer<typeof transformStatusSchema>;
export type ReconcileStatus = z.infer<typeof reconcileStatusSchema>;
type Service = 'collect' | 'transform' | 'reconcile' | 'upload' | 'upload-raw' | 'web';

export async function writeStatus(
  root: string,
  service: Service,
  status: CollectStatus | TransformStatus | ReconcileStatus | UploadStatus | WebStatus,
): Promise<void> {
  const text = JSON.stringify(strikeAll(status), null, 2);
  await writeFileDurably(statusPath(root, service), `${text}\n`);
}

/** The service's last status, or undefined where it has written none that can be read. */
export async function readStatus<T>(
  root: string,
  service: Service,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const text = await readTextIfPresent(statusPath(root, service));
  if (text === undefined) return undefined;
  return schema.safeParse(findJson(text)).data;
}
