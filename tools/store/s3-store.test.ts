import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type S3ServerOptions, startS3Server } from '../../tests/store-servers/s3-server.ts';
import { describeStore, expectFailure, hostileKeys } from './contract.ts';
import { describeFaults } from './fault-contract.ts';
import { S3Store, type S3StoreOptions } from './s3-store.ts';

process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
process.env.AWS_SECRET_ACCESS_KEY = 'not-a-secret-of-anyone';

const mebibyte = 1024 * 1024;

function openStore(folder: string, url: string, options: Partial<S3StoreOptions>): S3Store {
  return new S3Store({
    bucketName: 'b',
    prefix: 'market/lake',
    region: '',
    endpoint: url,
    hasChecksums: false,
    limits: { answerMs: 2000, minBytesPerSecond: 1_000_000 },
    wholeBytes: 5 * mebibyte,
    partBytes: 5 * mebibyte,
    tempFolder: join(folder, 'tmp'),
    ...options,
  });
}

function describeFlavour(
  name: string,
  ofServer: Partial<S3ServerOptions>,
  ofStore: Partial<S3StoreOptions>,
  keys: readonly string[] = ['a+b/100%/ü'],
): void {
  describeStore(
    name,
    async (folder) => {
      const bucket = { folder: join(folder, 'bucket'), bucket: 'b', maxPageSize: 3 };
      const server = await startS3Server({ ...bucket, ...ofServer });
      return {
        store: openStore(folder, server.url, ofStore),
        plant: (key, content) => server.objects.plant(`market/lake/${key}`, content),
        limits: ofServer.preconditions === 'refuse' ? [/^knows no preconditions/] : [],
        close: () => server.close(),
      };
    },
    keys,
  );
}

describeFlavour('s3', {}, {}, hostileKeys);
describeFlavour(
  's3 of AWS, with a key',
  { isKeyed: true, hasChecksums: true },
  { hasChecksums: true },
);
describeFlavour('s3 of another make, with a key', { isKeyed: true }, {});
describeFlavour('s3 without preconditions', { preconditions: 'refuse' }, {});

describeFaults({
  name: 's3',
  writes: { small: ['put'], large: ['begin', 'part', 'complete'] },
  largeBytes: 5 * mebibyte + 1,
  secrets: ['AKIDTEST', 'not-a-secret-of-anyone', 'Signature'],
  async open(folder, answerMs) {
    const server = await startS3Server({ folder: join(folder, 'bucket'), bucket: 'b' });
    const limits = { answerMs, minBytesPerSecond: 20_000_000 };
    return {
      store: openStore(folder, server.url, { limits }),
      server,
      formatName: (key) => `market/lake/${key}`,
      countLeftovers: () => server.countUploads(),
    };
  },
});

describe('an s3 store', () => {
  const { signal } = new AbortController();

  it('says what a HEAD cannot: that credentials have expired, or are unknown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-s3-'));
    const server = await startS3Server({ folder, bucket: 'b', keyIds: ['AKIDTEST'] });
    const store = openStore(folder, server.url, {});
    const expired = { kind: 'status', status: 400, code: 'ExpiredToken' } as const;
    server.faults.add({ fault: expired, times: 2 });
    expect(await store.head('day', signal)).toBeUndefined();
    server.faults.add({ fault: expired });
    const told = await expectFailure('credentials', store.head('day', signal));
    expect(told.message).toMatch(
      /^look at s3:\/\/b\/market\/lake\/day: status 400: ExpiredToken: /,
    );
    server.faults.clear();
    process.env.AWS_ACCESS_KEY_ID = 'AKIDOTHER';
    await expectFailure('credentials', openStore(folder, server.url, {}).head('day', signal));
    process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
    await server.close();
  });

  it('says so where there are no credentials', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-s3-'));
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const kept = names.map((name) => process.env[name]!);
    for (const name of names) delete process.env[name];
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
      AWS_CONFIG_FILE: join(folder, 'none'),
    });
    const store = openStore(folder, 'http://127.0.0.1:1', {});
    const told = await expectFailure('credentials', store.head('day', signal));
    expect(told.hint).toMatch(/^set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/);
    for (const [index, name] of names.entries()) process.env[name] = kept[index];
  });

  it('has no region of its own for AWS, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-s3-'));
    const told = await expectFailure('refused', openStore(folder, '', {}).head('day', signal));
    expect(told.hint).toBe('set s3.region');
  });
});
