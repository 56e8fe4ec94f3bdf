// What the metrics are made of: the words of the lake's parts as they stand on disk. A part that has said
// nothing that can be read is undefined, and counted. Holds no effects.

import type { CollectStatus, ReconcileStatus, TransformStatus } from '../../lake/status.ts';
import type { Heartbeat } from '../health/heartbeat.ts';
import type { Uploads } from './job-families.ts';
import type { PartitionHead } from './partition-heads.ts';

/** Where the figures come from. */
export const sources = [
  'heartbeat',
  'collect',
  'transform',
  'reconcile',
  'upload',
  'upload-raw',
  'partitions',
  'disk',
] as const;
export type Source = (typeof sources)[number];

export type MetricInputs = {
  nowMs: number;
  version: string;
  heartbeat: Heartbeat | undefined;
  collect: CollectStatus | undefined;
  transform: TransformStatus | undefined;
  reconcile: ReconcileStatus | undefined;
  uploads: Uploads;
  partitions: readonly PartitionHead[];
  disk: { freeBytes: number; bytes: number } | undefined;
  /** Those that should be there and could not be read. */
  failed: readonly Source[];
};
