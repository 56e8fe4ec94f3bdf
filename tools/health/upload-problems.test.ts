import { describe, expect, it } from 'vitest';
import type { StoreStatus, UploadStatus } from '../../lake/status.ts';
import { findUploadProblems, type UploadInputs } from './upload-problems.ts';

const nowMs = Date.parse('2026-03-10T12:00:00Z');
const url = 'gs://lake';
const well: StoreStatus = {
  store: 'gcs',
  url,
  attempts: 100,
  attempts_failed: 0,
  objects_queued: 0,
  bytes_queued: 0,
  queued_since: null,
  last_batch_at: null,
  error: null,
  failing_since: null,
  hours: [],
};
const status = (store: Partial<StoreStatus>, more: Partial<UploadStatus> = {}): UploadStatus => ({
  updated_at: '2026-03-10T03:00:05Z',
  last_run: {
    started_at: '2026-03-10T03:00:00Z',
    finished_at: '2026-03-10T03:00:05Z',
    ok: true,
    objects: 1,
    bytes: 1,
    error: null,
  },
  last_success_at: '2026-03-10T03:00:05Z',
  stores: [{ ...well, ...store }],
  ...more,
});
const find = (inputs: Partial<UploadInputs>) =>
  findUploadProblems(
    {
      run: status({}),
      raw: undefined,
      failurePercent: 10,
      lateHours: 36,
      batchSeconds: 60,
      ...inputs,
    },
    nowMs,
  );
const failing = {
  error: 'put gs://lake/x: 401\n  renew the key',
  failing_since: '2026-03-10T02:00:00Z',
};

describe('uploads', () => {
  it('are no problem where none are made, none has run yet, or all went well', () => {
    expect(findUploadProblems(null, nowMs)).toEqual([]);
    expect(find({ run: undefined })).toEqual([]);
    expect(find({})).toEqual([]);
    expect(find({ run: status({ attempts_failed: 10 }) })).toEqual([]);
  });

  it('that fail now are a problem of their store, with cause and what to do', () => {
    expect(find({ run: status(failing) })).toMatchObject([
      {
        condition: 'upload_failed',
        subject: url,
        what: 'upload to gs://lake fails: put gs://lake/x: 401',
        sinceMs: Date.parse(failing.failing_since),
        action: expect.stringContaining('renew the key'),
      },
    ]);
    expect(find({ raw: status(failing) })).toMatchObject([{ id: `upload-raw-failing: ${url}` }]);
  });

  it('of which more than the limit failed are a problem although the last one succeeded', () => {
    const failed = { hour: '2026-03-10T02', attempts: 90, failed: 11 };
    const sound = (hour: string) => ({ hour, attempts: 5, failed: 0 });
    const seen = (...hours: StoreStatus['hours']) =>
      find({ run: status({ attempts_failed: 11, hours: [failed, ...hours] }) });
    expect(seen(sound('2026-03-10T03'))).toMatchObject([
      { condition: 'upload_failed', what: expect.stringContaining('11 of 100 attempts') },
    ]);
    expect(seen(sound('2026-03-10T03'), sound('2026-03-10T04'))).toEqual([]);
  });

  it('of which too many failed are over with the next run that goes well', () => {
    const hours = [{ hour: '2026-03-10T03', attempts: 100, failed: 11 }];
    const seen = (failed: number) =>
      find({ run: status({ attempts_failed: 11, hours, last_run: { attempts: 10, failed } }) });
    expect(seen(2)).toHaveLength(1);
    expect(seen(1)).toEqual([]);
  });

  it('that fail without a store failing are a problem of this machine', () => {
    const last_run = { ...status({}).last_run!, ok: false, error: 'read x: it is damaged' };
    expect(find({ run: status({}, { last_run }) })).toMatchObject([
      { subject: 'upload', what: 'the last upload failed: read x: it is damaged' },
    ]);
  });

  it.each([
    ['wait for 36 hours', { queued_since: '2026-03-09T00:00:00Z' }, 0],
    ['wait for longer', { queued_since: '2026-03-08T23:00:00Z', objects_queued: 6 }, 1],
  ])('of days that %s are late or not', (_, store, count) => {
    expect(find({ run: status(store) })).toHaveLength(count);
  });

  it('are late where none has run for so long that a finished day must wait', () => {
    const seen = (last_success_at: string) => find({ run: status({}, { last_success_at }) });
    expect(seen('2026-03-08T03:00:00Z')).toEqual([]);
    expect(seen('2026-03-07T03:00:00Z')).toMatchObject([
      { condition: 'upload_late', subject: url },
    ]);
  });

  it('of raw parts are late after several intervals', () => {
    const raw = (minutes: number) =>
      find({ raw: status({ queued_since: new Date(nowMs - minutes * 60_000).toISOString() }) });
    expect(raw(10)).toEqual([]);
    expect(raw(11)).toMatchObject([{ condition: 'upload_late', subject: url }]);
  });
});
