// What the judgement of a lake is made from: the words of its supervisor and of its parts, and what was
// measured. Holds no effects.

import type { CollectStatus, ReconcileStatus, TransformStatus } from '../../lake/status.ts';
import type { PastCascade, ServiceReport } from './service-report.ts';
import type { UploadInputs } from './upload-problems.ts';

export type HealthInputs = {
  nowMs: number;
  services: readonly ServiceReport[];
  /** The last cascade. */
  cascade: PastCascade | undefined;
  collect: CollectStatus | undefined;
  transform: TransformStatus | undefined;
  reconcile: ReconcileStatus | undefined;
  usage: { bytes: number; rawFiles: number; parquetRows: number };
  diskFreePercent: number;
  diskAlertPercent: number;
  /** By the growth of the last days; absent where that is not known. */
  diskFullInDays?: number | null;
  /** Whether a stream of trades is collected at all. */
  expectsTrades: boolean;
  /** Null: nothing is uploaded. */
  upload: UploadInputs | null;
};
