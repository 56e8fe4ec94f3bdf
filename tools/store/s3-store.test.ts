import { join } from 'node:path';
import { type S3ServerOptions, startS3Server } from '../../tests/store-servers/s3-server.ts';
import { describeStore } from './contract.ts';
import { S3Store, type S3StoreOptions } from './s3-store.ts';

process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
process.env.AWS_SECRET_ACCESS_KEY = 'not-a-secret-of-anyone';

const mebibyte = 1024 * 1024;

function describeFlavour(
  name: string,
  ofServer: Partial<S3ServerOptions>,
  ofStore: Partial<S3StoreOptions>,
): void {
  describeStore(name, async (folder) => {
    const bucket = { folder: join(folder, 'bucket'), bucket: 'b', maxPageSize: 3 };
    const server = await startS3Server({ ...bucket, ...ofServer });
    const store = new S3Store({
      bucketName: 'b',
      prefix: 'market/lake',
      region: '',
      endpoint: server.url,
      hasChecksums: false,
      limits: { answerMs: 2000, minBytesPerSecond: 1_000_000 },
      wholeBytes: 5 * mebibyte,
      partBytes: 5 * mebibyte,
      tempFolder: join(folder, 'tmp'),
      ...ofStore,
    });
    return {
      store,
      plant: (key, content) => server.objects.plant(`market/lake/${key}`, content),
      limits: ofServer.preconditions === 'refuse' ? [/^knows no preconditions/] : [],
      close: () => server.close(),
    };
  });
}

describeFlavour('s3', {}, {});
describeFlavour(
  's3 of AWS, with a key',
  { isKeyed: true, hasChecksums: true },
  { hasChecksums: true },
);
describeFlavour('s3 of another make, with a key', { isKeyed: true }, {});
describeFlavour('s3 without preconditions', { preconditions: 'refuse' }, {});
