import { join } from 'node:path';
import { type S3ServerOptions, startS3Server } from '../../tests/store-servers/s3-server.ts';
import { describeStore, hostileKeys } from './contract.ts';
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
