import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GcsServer, startGcsServer } from '../../tests/store-servers/gcs-server.ts';
import { startTokenServer, type TokenServer } from '../../tests/store-servers/tokens.ts';
import { describeStore, expectFailure } from './contract.ts';
import { describeFaults } from './fault-contract.ts';
import { GcsStore, type GcsStoreOptions } from './gcs-store.ts';

const pieceBytes = 256 * 1024;
const subjectToken = 'canary-of-the-subject-token';

function openStore(folder: string, url: string, options: Partial<GcsStoreOptions> = {}): GcsStore {
  return new GcsStore({
    bucketName: 'b',
    prefix: 'market/lake',
    apiEndpoint: url,
    hasCredentials: false,
    limits: { answerMs: 2000, minBytesPerSecond: 1_000_000 },
    chunkBytes: 2 * pieceBytes,
    tempFolder: join(folder, 'tmp'),
    ...options,
  });
}

describeStore('gcs', async (folder) => {
  const bucket = { folder: join(folder, 'bucket'), bucket: 'b' };
  const server = await startGcsServer({ ...bucket, maxPageSize: 3 });
  return {
    store: openStore(folder, server.url),
    plant: (key, content) => server.objects.plant(`market/lake/${key}`, content),
    close: () => server.close(),
  };
});

describeFaults({
  name: 'gcs',
  writes: { small: ['put'], large: ['begin', 'piece'] },
  largeBytes: 5 * pieceBytes + 1,
  secrets: ['upload_id', 'ya29', subjectToken],
  async open(folder, answerMs) {
    const server = await startGcsServer({ folder: join(folder, 'bucket'), bucket: 'b' });
    const limits = { answerMs, minBytesPerSecond: 10_000_000 };
    return {
      store: openStore(folder, server.url, { limits }),
      server,
      formatName: (key) => `market/lake/${key}`,
      // A session costs nothing, and ends by itself after a week.
      countLeftovers: () => 0,
    };
  },
});

describe('a gcs store with credentials', () => {
  const { signal } = new AbortController();
  let folder: string;
  let tokens: TokenServer;
  let server: GcsServer;
  let store: GcsStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crypto-lake-gcs-'));
    await mkdir(join(folder, 'bucket'));
    tokens = await startTokenServer(folder, subjectToken);
    process.env.GOOGLE_APPLICATION_CREDENTIALS = tokens.credentialsPath;
    const bucket = { folder: join(folder, 'bucket'), bucket: 'b', accepts: tokens.accepts };
    server = await startGcsServer(bucket);
    store = openStore(folder, server.url, { hasCredentials: true });
  });
  afterEach(async () => {
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
    await tokens.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('gets a token and may be used', async () => {
    expect(await store.check(signal)).toEqual([]);
  });

  it('goes on with a new token where the old one was called in', async () => {
    await store.head('day', signal);
    tokens.revoke();
    expect(await store.check(signal)).toEqual([]);
  });

  it('says so where the credentials are refused, and names no secret', async () => {
    tokens.answerWith(400);
    const thrown = await expectFailure('credentials', store.check(signal));
    expect(thrown.message).toMatch(
      /^look at gs:\/\/b\/.*: get a token: .*\n {2}attach a service acc/,
    );
    expect(thrown.message).not.toContain(subjectToken);
  });

  it('says so where the file of the credentials is missing', async () => {
    process.env.GOOGLE_APPLICATION_CREDENTIALS = join(folder, 'missing.json');
    await expectFailure('credentials', store.check(signal));
  });

  it('calls it a passing failure where nobody gives tokens', async () => {
    tokens.answerWith(503);
    await expectFailure('unavailable', store.head('day', signal));
    await tokens.close();
    await expectFailure('unavailable', store.head('day', signal));
    tokens = await startTokenServer(folder, subjectToken);
  });
});
