import { join } from 'node:path';
import { startGcsServer } from '../../tests/store-servers/gcs-server.ts';
import { describeStore } from './contract.ts';
import { GcsStore } from './gcs-store.ts';

describeStore('gcs', async (folder) => {
  const server = await startGcsServer({
    folder: join(folder, 'bucket'),
    bucket: 'b',
    maxPageSize: 3,
  });
  const store = new GcsStore({
    bucketName: 'b',
    prefix: 'market/lake',
    apiEndpoint: server.url,
    hasCredentials: false,
    limits: { answerMs: 2000, minBytesPerSecond: 1_000_000 },
    chunkBytes: 256 * 1024,
    tempFolder: join(folder, 'tmp'),
  });
  return {
    store,
    plant: (key, content) => server.objects.plant(`market/lake/${key}`, content),
    close: () => server.close(),
  };
});
