// Reads what the metrics are made of. Every source is read by itself: one that fails is left out, named
// in `failed`, and logged when it begins to fail.

import type { z } from 'zod';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { readDiskSpace } from '../../lake/disk-space.ts';
import { readTextIfPresent } from '../../lake/durable.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import { heartbeatPath, statusPath } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import {
  collectStatusSchema,
  reconcileStatusSchema,
  transformStatusSchema,
  uploadStatusSchema,
} from '../../lake/status.ts';
import { readVersion } from '../../lake/version.ts';
import { heartbeatSchema } from '../health/heartbeat.ts';
import type { MetricInputs, Source } from './inputs.ts';
import { openPartitionHeads } from './partition-heads.ts';

/** These are written from the start; the others when there is something to say. */
const required: readonly Source[] = ['heartbeat', 'collect', 'transform'];

export function openInputs(config: Config, clock: Clock, log: Log): () => Promise<MetricInputs> {
  const { root } = config;
  const version = readVersion();
  const heads = openPartitionHeads(config);
  let failedBefore: readonly Source[] = [];

  return async function readInputs() {
    const failed: Source[] = [];
    const nowMs = clock.nowUs() / 1000;
    const attempt = async <T>(source: Source, read: () => Promise<T>): Promise<T | undefined> => {
      try {
        const value = await read();
        if (value === undefined && required.includes(source)) failed.push(source);
        return value;
      } catch (thrown) {
        failed.push(source);
        if (!failedBefore.includes(source)) {
          log.warn(`read metrics ${source}: ${formatReason(thrown)}; they are left out`);
        }
        return undefined;
      }
    };
    const readStatus = <T>(service: Source, schema: z.ZodType<T>) =>
      attempt(service, () => readParsed(statusPath(root, service), schema));
    const uploads = [];
    for (const service of ['upload', 'upload-raw'] as const) {
      const status = await readStatus(service, uploadStatusSchema);
      if (status !== undefined) uploads.push({ service, status });
    }
    const transform = await readStatus('transform', transformStatusSchema);
    const readHeads = async () => heads.read(nowMs, transform?.updated_at);
    const inputs: MetricInputs = {
      nowMs,
      version,
      heartbeat: await attempt('heartbeat', () => readParsed(heartbeatPath(root), heartbeatSchema)),
      collect: await readStatus('collect', collectStatusSchema),
      transform,
      reconcile: await readStatus('reconcile', reconcileStatusSchema),
      uploads,
      partitions: (await attempt('partitions', readHeads)) ?? [],
      disk: await attempt('disk', () => readDiskSpace(root)),
      failed,
    };
    failedBefore = failed;
    return inputs;
  };
}

/** Undefined where there is no file; throws where it cannot be read. */
async function readParsed<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const { data, success } = schema.safeParse(findJson(text));
  if (success) return data;
  throw new OperationalError(`read ${path}: it is damaged, or of another version`);
}
