// What the judgement of a lake is made from: the words of its supervisor and of its parts, and what was
// measured. Holds no effects.

import type { Config } from '../../lake/config.ts';
import type { CollectStatus, ReconcileStatus, TransformStatus } from '../../lake/status.ts';
import type { DayCompleteness } from './completeness.ts';
import type { MemoryUse } from './memory.ts';
import type { ConnectionLosses } from './reconnect-window.ts';
import type { PastCascade, ServiceReport } from './service-report.ts';
import type { UploadInputs } from './upload-problems.ts';

/** Alerts that do not arrive: why, since when, and how many wait. */
export type AlertTrouble = { reason: string; sinceMs: number; waiting: number };

export type HealthInputs = {
  nowMs: number;
  /** Everything has ended because somebody asked for it. */
  isStoppedAsAsked?: boolean;
  /** Between two heartbeats. */
  intervalMs: number;
  services: readonly ServiceReport[];
  /** The last cascade. */
  cascade: PastCascade | undefined;
  collect: CollectStatus | undefined;
  transform: TransformStatus | undefined;
  reconcile: ReconcileStatus | undefined;
  usage: { bytes: number; rawFiles: number; parquetRows: number };
  diskFreePercent: number;
  diskAlertPercent: number;
  /** When the disk was last seen full: until then nobody could write what he had to say. */
  diskFullAtMs?: number | undefined;
  /** By the growth of the last days; absent where that is not known. */
  diskFullInDays?: number | null;
  /** Whether a stream of trades is collected at all. */
  expectsTrades: boolean;
  /** Null: nothing is uploaded. */
  upload: UploadInputs | null;
  /** From where on what is wrong is worth a message. */
  thresholds: Config['alerting'];
  memory: MemoryUse | undefined;
  /** Connections lost in the last hour. */
  losses: readonly ConnectionLosses[];
  /** Of the last finished days. */
  completeness: readonly DayCompleteness[];
  /** Runs of the orchestrator within the last hour that nobody asked to end. */
  badEnds: number;
  alertTrouble: AlertTrouble | undefined;
};
