// The last runs of transform, reconcile and upload, as metrics. Holds no effects.

import type { ReconcileStatus, TransformStatus, UploadStatus } from '../../lake/status.ts';
import { type Family, gauge, type Labels } from './family.ts';

export function listTransformFamilies({ last_run: run }: TransformStatus): Family[] {
  const of = (value: number) => [[{}, value]] as const;
  return [
    gauge('transform_last_run_ok', 'Whether the last transform succeeded.', of(run.ok ? 1 : 0)),
    gauge(
      'transform_last_run_seconds',
      'How long it took.',
      of((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000),
    ),
    gauge('transform_last_run_parts', 'Raw parts it transformed.', of(run.parts)),
    gauge('transform_last_run_messages', 'Messages it read.', of(run.messages)),
    gauge(
      'transform_last_run_lines_quarantined',
      'Lines it could not read and put aside.',
      of(run.lines_quarantined),
    ),
  ];
}

export function listReconcileFamilies({ last_run: run, unresolved }: ReconcileStatus): Family[] {
  const sum = (key: 'differences' | 'missing_here' | 'missing_there') =>
    unresolved.reduce((total, day) => total + day[key], 0);
  return [
    gauge(
      'reconcile_last_run_ok',
      "Whether all bars that were due could be compared with the exchange's klines.",
      [[{}, run.ok ? 1 : 0]],
    ),
    gauge('reconcile_last_run_seconds_compared', 'Seconds of bars it compared.', [
      [{}, run.seconds_compared],
    ]),
    gauge('reconcile_unresolved', 'Symbols and days that differ and were not resolved.', [
      [{}, unresolved.length],
    ]),
    gauge(
      'reconcile_differences',
      'What differs in them: values, and seconds that are missing here or there.',
      [
        [{ kind: 'value' }, sum('differences')],
        [{ kind: 'missing_here' }, sum('missing_here')],
        [{ kind: 'missing_there' }, sum('missing_there')],
      ],
    ),
  ];
}

/** Of finished days (`upload`) and of raw parts in batches (`upload-raw`), as far as there are. */
export type Uploads = readonly { service: string; status: UploadStatus }[];

export function listUploadFamilies(uploads: Uploads, nowMs: number): Family[] {
  type Store = UploadStatus['stores'][number];
  const by = (find: (store: Store) => number | null) =>
    uploads.flatMap(({ service, status }) =>
      status.stores.map((one): [Labels, number | null] => [
        { service, store: one.store },
        find(one),
      ]),
    );
  const byService = (find: (status: UploadStatus) => number | null) =>
    uploads.map(({ service, status }): [Labels, number | null] => [{ service }, find(status)]);
  const findAge = (at: string | null) => (at === null ? null : (nowMs - Date.parse(at)) / 1000);
  return [
    gauge(
      'upload_attempts_last_day',
      'Uploads of objects tried in the last 24 hours.',
      by((one) => one.attempts),
    ),
    gauge(
      'upload_attempts_failed_last_day',
      'Those of them that failed.',
      by((one) => one.attempts_failed),
    ),
    gauge(
      'upload_queued_objects',
      'Objects that are due and not in the store yet.',
      by((one) => one.objects_queued),
    ),
    gauge(
      'upload_queued_bytes',
      'Bytes in them.',
      by((one) => one.bytes_queued),
    ),
    gauge(
      'upload_oldest_queued_age_seconds',
      'Time since the end of the oldest finished day that is not in the store yet; 0 where all are.',
      by((one) => findAge(one.queued_since) ?? 0),
    ),
    gauge(
      'upload_failing_seconds',
      'For how long every attempt has failed; 0 where one has succeeded since.',
      by((one) => findAge(one.failing_since) ?? 0),
    ),
    gauge(
      'upload_last_success_age_seconds',
      'Time since everything that was due was in every store.',
      byService((one) => findAge(one.last_success_at)),
    ),
    gauge(
      'upload_last_run_ok',
      'Whether the last run brought all that was due into every store, verified.',
      byService(({ last_run: run }) => (run === null ? null : Number(run.ok))),
    ),
    gauge(
      'upload_last_run_bytes',
      'Bytes the last run uploaded.',
      byService(({ last_run: run }) => run?.bytes ?? null),
    ),
  ];
}
