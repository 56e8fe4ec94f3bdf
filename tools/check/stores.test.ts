import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { type GcsServer, startGcsServer } from '../../tests/store-servers/gcs-server.ts';
import { type S3Server, startS3Server } from '../../tests/store-servers/s3-server.ts';
import { checkStores } from './stores.ts';

describe('checkStores', () => {
  let folder: string;
  let gcs: GcsServer;
  let s3: S3Server;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crypto-lake-check-stores-'));
    await mkdir(join(folder, 'copy'));
    gcs = await startGcsServer({ folder: join(folder, 'gcs'), bucket: 'b' });
    s3 = await startS3Server({ folder: join(folder, 's3'), bucket: 'b', keyIds: ['AKIDKNOWN'] });
    process.env.AWS_ACCESS_KEY_ID = 'AKIDKNOWN';
    process.env.AWS_SECRET_ACCESS_KEY = 'canary-of-the-secret-key';
  });
  afterEach(async () => {
    await gcs.close();
    await s3.close();
    await rm(folder, { recursive: true });
  });

  const find = (answerWithinMs = 10_000) =>
    checkStores(
      parseConfig('', {
        CRYPTO_LAKE_ROOT: join(folder, 'lake'),
        CRYPTO_LAKE_GCS__BUCKET_NAME: 'b',
        CRYPTO_LAKE_GCS__PREFIX: 'lake',
        CRYPTO_LAKE_GCS__API_ENDPOINT: gcs.url,
        CRYPTO_LAKE_S3__BUCKET_NAME: 'b',
        CRYPTO_LAKE_S3__ENDPOINT: s3.url,
        CRYPTO_LAKE_FOLDER__PATH: join(folder, 'copy'),
      }),
      answerWithinMs,
    );

  it('finds nothing wrong where nothing is, and leaves nothing there', async () => {
    expect(await find()).toEqual([
      { level: 'ok', name: 'gcs store', detail: 'gs://b/lake can be written and read' },
      { level: 'ok', name: 's3 store', detail: 's3://b can be written and read' },
      {
        level: 'ok',
        name: 'folder store',
        detail: `file://${join(folder, 'copy')} can be written and read`,
      },
    ]);
    expect([gcs.objects.names, s3.objects.names]).toEqual([[], []]);
    expect(await readdir(join(folder, 'copy'))).toEqual(['.uploading']);
  });

  it('finds nothing to check where no store is configured', async () => {
    expect(await checkStores(parseConfig('', {}), 100)).toEqual([]);
  });

  it('only warns where nothing may be deleted, also the next time', async () => {
    const forbidden = { kind: 'status', status: 403 } as const;
    gcs.faults.add({ on: 'delete', fault: forbidden });
    s3.faults.add({ on: 'delete', fault: forbidden });
    for (const _ of ['once', 'again']) {
      const [onGcs, onS3] = await find();
      expect(onGcs).toMatchObject({ level: 'warn' });
      expect(onS3).toEqual({
        level: 'warn',
        name: 's3 store',
        detail: 's3://b may not delete objects: .crypto-lake-check stays there',
      });
    }
    expect(s3.objects.names).toEqual(['.crypto-lake-check']);
  });

  it('fails where a store refuses us, says what to do, and names no secret', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIDUNKNOWN';
    gcs.faults.add({ on: 'put', fault: { kind: 'status', status: 403 } });
    await rm(join(folder, 'copy'), { recursive: true });
    const findings = await find();
    expect(findings.map(({ level }) => level)).toEqual(['fail', 'fail', 'fail']);
    expect(findings[0]?.detail).toMatch(
      /^put gs:\/\/b\/lake\/\.crypto-lake-check: status 403: .*; grant .* roles\/storage.objectUser/,
    );
    expect(findings[1]?.detail).toMatch(/^look at s3:.*: status 403.*; set AWS_ACCESS_KEY_ID/);
    expect(findings[2]?.detail).toMatch(/^open .*: ENOENT.*; make the folder of folder.path/);
    expect(JSON.stringify(findings)).not.toMatch(/AKIDUNKNOWN|canary/);
  });

  it('fails where a store does not answer, without waiting for it', async () => {
    gcs.faults.add({ fault: { kind: 'hang' } });
    expect((await find(300))[0]).toMatchObject({
      level: 'fail',
      detail: expect.stringMatching(/^look at gs:.*: no answer within 0.3 s; /),
    });
  });
});
