// The upload behind the real SDKs, against servers that do wrong: one lake, each fault in turn. After each
// everything has arrived exactly once, nothing here was touched, and while it lasted a problem named it. All of
// it, with both SDKs, takes half a minute: LAKE_TEST_UPLOAD_FAULTS=all.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { readStatus, uploadStatusSchema } from '../lake/status.ts';
import { findUploadProblems } from '../tools/health/upload-problems.ts';
import { GcsStore } from '../tools/store/gcs-store.ts';
import { S3Store } from '../tools/store/s3-store.ts';
import type { ObjectStore } from '../tools/store/store.ts';
import { days, makeDescribedLake } from './described-lake.ts';
import type { Fault, FaultRule } from './store-servers/faults.ts';
import { startGcsServer } from './store-servers/gcs-server.ts';
import { startS3Server } from './store-servers/s3-server.ts';
import type { StoreServer } from './store-servers/store-server.ts';
import { afterwards, digestFolder, runUploadOf } from './upload-run.ts';

const isLong = process.env.LAKE_TEST_UPLOAD_FAULTS === 'all';
const limits = { answerMs: 400, minBytesPerSecond: 1_000_000 };

const passing: [string, Fault][] = [
  ['429', { kind: 'status', status: 429 }],
  ['500', { kind: 'status', status: 500 }],
  ['503', { kind: 'status', status: 503 }],
  ['connections reset in the middle', { kind: 'reset' }],
  ['answers that never come although the file arrived', { kind: 'no-answer' }],
  ['requests that hang', { kind: 'hang' }],
  ['slow answers', { kind: 'slow', ms: 150 }],
  ['another digest than the content has', { kind: 'misreport' }],
  ['other content than was sent', { kind: 'corrupt' }],
  ['success reported and nothing there', { kind: 'vanish' }],
];

/** Of the short form: where the store says that all is well. */
const hard: string[] = ['corrupt', 'vanish'];

const lasting: [string, Fault, string][] = [
  ['expired credentials', { kind: 'status', status: 401 }, '401'],
  ['a missing permission', { kind: 'status', status: 403 }, '403'],
  ['an outage', { kind: 'status', status: 503 }, '503'],
];

type Opened = { server: StoreServer; store: ObjectStore };

async function openGcs(folder: string): Promise<Opened> {
  const server = await startGcsServer({ folder: join(folder, 'gcs'), bucket: 'b', maxPageSize: 3 });
  const store = new GcsStore({
    bucketName: 'b',
    prefix: 'lake',
    apiEndpoint: server.url,
    hasCredentials: false,
    limits,
    chunkBytes: 256 * 1024,
    tempFolder: join(folder, 'tmp'),
  });
  return { server, store };
}

async function openS3(folder: string): Promise<Opened> {
  process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
  process.env.AWS_SECRET_ACCESS_KEY = 'not-a-secret-of-anyone';
  const server = await startS3Server({ folder: join(folder, 's3'), bucket: 'b', maxPageSize: 3 });
  const store = new S3Store({
    bucketName: 'b',
    prefix: 'lake',
    region: '',
    endpoint: server.url,
    hasChecksums: false,
    limits,
    wholeBytes: 5 * 1024 * 1024,
    partBytes: 5 * 1024 * 1024,
    tempFolder: join(folder, 'tmp'),
  });
  return { server, store };
}

/** A finished day, whole, and the raw parts of it. */
async function makeLake(): Promise<string> {
  const { root } = await makeDescribedLake();
  const [, ...others] = days;
  for (const day of others) {
    const [year, month, date] = day.split('-');
    const partition = `binance/BTCUSDT/year=${year}/month=${month}/day=${date}`;
    await rm(join(root, 'parquet', partition), { recursive: true });
    await rm(join(root, 'trades', partition), { recursive: true });
    await rm(join(root, 'raw/binance/BTCUSDT', day), { recursive: true });
  }
  return root;
}

const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
const stores: [string, (folder: string) => Promise<Opened>][] = [
  ['gcs', openGcs],
  ['s3', openS3],
];

describe.each(isLong ? stores : stores.slice(0, 1))('an upload to %s', (_, open) => {
  let root: string;
  let folder: string;
  let opened: Opened;
  let local: Record<string, string>;
  /** Writes of earlier tests. */
  let written: readonly string[] = [];
  let before: Map<string, number>;

  beforeAll(async () => {
    root = await makeLake();
    folder = await mkdtemp(join(tmpdir(), 'crypto-lake-faults-'));
    opened = await open(folder);
    local = await readLocal();
  });
  afterAll(async () => {
    await opened.server.close();
    Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
  });
  beforeEach(async () => {
    const { faults, objects } = opened.server;
    faults.clear();
    for (const key of objects.names) await objects.remove(key);
    before = new Map(written.map((key) => [key, objects.countWrites(key)]));
    await rm(join(root, 'state/upload'), { recursive: true, force: true });
    await rm(join(root, 'state/status'), { recursive: true, force: true });
  });

  async function readLocal(): Promise<Record<string, string>> {
    const files = await digestFolder(root);
    return Object.fromEntries(
      Object.entries(files).filter(([key]) => /^(raw|parquet|trades|state\/transform)\//.test(key)),
    );
  }

  const upload = (time = afterwards) =>
    runUploadOf(root, {
      yaml: 'upload: { raw: true, concurrency: 2 }',
      time,
      stores: [{ store: opened.store, retentionDays: 7, deletesAfterUpload: false, schedule: '' }],
    });
  const strike = (rule: FaultRule) => opened.server.faults.add(rule);
  const findProblems = async (time = afterwards) => {
    const run = await readStatus(root, 'upload', uploadStatusSchema);
    const { alerting } = parseConfig('', {});
    const rules = { failurePercent: alerting.upload_failure_percent, lateHours: 36 };
    return findUploadProblems({ run, raw: undefined, batchSeconds: 0, ...rules }, Date.parse(time));
  };

  /** Every file of the day, with the content it has here; a part unpacked. */
  async function expectAll({ writes = 1 } = {}): Promise<void> {
    const { objects } = opened.server;
    const [day] = days;
    const here = Object.keys(local).filter(
      (key) => !key.startsWith('state/') || key.includes(`/${day}.`),
    );
    const expected = here.map((key) => `lake/${key.replace(/(part_.*\.jsonl)$/, '$1.zst')}`);
    expect(objects.names).toEqual(expected.sort());
    written = objects.names;
    const there = join(folder, 'there');
    await rm(there, { recursive: true, force: true });
    for (const object of objects.names) {
      const count = objects.countWrites(object) - (before.get(object) ?? 0);
      expect(`${object} ${count <= writes ? writes : count}`).toBe(`${object} ${writes}`);
      if (object.endsWith('.zst')) continue;
      await cp(objects.find(object)!.path, join(there, object.slice('lake/'.length)));
    }
    const copies = await digestFolder(there);
    expect(copies).toEqual(Object.fromEntries(Object.keys(copies).map((key) => [key, local[key]])));
    expect(await readLocal()).toEqual(local);
  }

  it.each(passing.filter(([, { kind }]) => isLong || hard.includes(kind)))(
    'comes through %s',
    async (_, fault) => {
      const keys = ['parquet/', 'trades.manifest', 'part_0001', 'raw/binance/BTCUSDT'];
      for (const key of keys) strike({ on: 'put', key, times: 1, fault });
      const totals = await upload();
      expect(totals.failures).toEqual([]);
      expect(opened.server.faults.pending).toBe(0);
      // What was kept wrongly, or not at all, is written once more.
      const isKept = fault.kind === 'corrupt' || fault.kind === 'vanish';
      await expectAll({ writes: isKept ? 3 : 1 });
      const isNoticed = fault.kind !== 'slow' && fault.kind !== 'misreport';
      if (isNoticed) {
        expect(await findProblems()).toMatchObject([{ condition: 'upload_failed' }]);
      }
      // The ledger is true: the next run has nothing to send, and everything is there.
      expect(await upload()).toMatchObject({ objects: 0, failures: [] });
      await expectAll({ writes: isKept ? 3 : 1 });
    },
  );

  it.each(isLong ? lasting : lasting.slice(0, 1))(
    'says what to do about %s, and goes on afterwards',
    async (_, fault, cause) => {
      strike({ key: 'trades', times: 100, fault });
      const totals = await upload();
      expect(totals.failures).toEqual([expect.stringContaining(cause)]);
      expect((await findProblems())[0]).toMatchObject({
        condition: 'upload_failed',
        subject: opened.store.url,
        what: expect.stringContaining(cause),
        action: expect.stringMatching(/service account|AWS_ACCESS_KEY_ID|grant|allow|again/),
      });
      // No manifest without its file.
      const { names } = opened.server.objects;
      expect(names.filter((key) => key.endsWith('.manifest.json'))).toEqual([]);
      opened.server.faults.clear();
      expect((await upload()).failures).toEqual([]);
      await expectAll();
      expect((await findProblems()).filter(({ what }) => what.includes('fails'))).toEqual([]);
    },
  );

  it('comes through an outage of 48 hours, in which it is tried every hour', async () => {
    strike({ fault: { kind: 'status', status: 503 } });
    const startMs = Date.parse('2026-03-04T03:00:00Z');
    const at = (hour: number) => new Date(startMs + hour * 3_600_000).toISOString();
    const hours = isLong ? 48 : 2;
    for (let hour = 0; hour < hours; hour++) {
      expect((await upload(at(hour * (48 / hours)))).failures).toHaveLength(1);
    }
    const problems = await findProblems(at(47));
    expect(problems.map(({ condition }) => condition)).toEqual(['upload_failed', 'upload_late']);
    expect(problems[0]).toMatchObject({ sinceMs: startMs, what: expect.stringContaining('503') });
    opened.server.faults.clear();
    expect((await upload(at(48))).failures).toEqual([]);
    await expectAll();
    const after = await findProblems(at(48));
    expect(after.filter(({ condition }) => condition === 'upload_late')).toEqual([]);
  });
});
