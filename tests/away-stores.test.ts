// Days that are sent away to a bucket and brought back, through the real SDKs and servers that speak the stores'
// interfaces: uploaded, deleted here once the bucket confirms it, raw parts cleaned up, restored, verified.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { cleanUp } from '../tools/cleanup/cleanup.ts';
import { runRestore } from '../tools/restore/restore.ts';
import { openStores } from '../tools/store/stores.ts';
import { releaseUploaded } from '../tools/upload/release.ts';
import { firstDay, lastDay, makeDescribedLake, middleDay } from './described-lake.ts';
import { digestPartitions, type ScratchLake } from './scratch-lake.ts';
import { startGcsServer } from './store-servers/gcs-server.ts';
import { startS3Server } from './store-servers/s3-server.ts';
import type { StoreServer } from './store-servers/store-server.ts';
import { openStoredContext, readSpaceOf } from './stored-context.ts';
import { runUploadOf } from './upload-run.ts';
import { copyLake, summarizeReports, verifyRoot } from './verified-lake.ts';

process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST';
process.env.AWS_SECRET_ACCESS_KEY = 'not-a-secret-of-anyone';

let template: ScratchLake;
beforeAll(async () => {
  template = await makeDescribedLake();
});
afterAll(() => rm(template.root, { recursive: true }));

const bucket = 'bucket_name: b, delete_after_upload: true';
type Case = [
  name: string,
  start: (folder: string) => Promise<StoreServer>,
  yaml: (url: string) => string,
];

it.each<Case>([
  [
    'Google Cloud Storage',
    (folder) => startGcsServer({ folder, bucket: 'b', maxPageSize: 3 }),
    (url) => `gcs: { ${bucket}, api_endpoint: "${url}" }`,
  ],
  [
    'S3',
    (folder) => startS3Server({ folder, bucket: 'b', maxPageSize: 3 }),
    (url) => `s3: { ${bucket}, endpoint: "${url}", region: eu-west-1 }`,
  ],
])('a day goes to %s and comes back as it was', async (_, start, formatYaml) => {
  const root = await copyLake(template.root);
  const server = await start(`${root}-bucket`);
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const yaml = `${formatYaml(server.url)}\nupload: { raw: true }`;
    const said: string[] = [];
    const open = (options = {}) => openStoredContext({ root, yaml }, options, said);
    const stores = await openStores(open().config);
    const whole = await digestPartitions(root);
    expect((await runUploadOf(root, { yaml })).failures).toEqual([]);
    // A day of which the bucket has lost something stays.
    const [data] = server.objects.names.filter((name) => name.endsWith('day=01/trades.parquet'));
    await server.objects.remove(data!);
    expect((await releaseUploaded(open(), stores, {}, { dryRun: false })).released).toMatchObject([
      { day: middleDay },
    ]);
    // As if it had never been uploaded.
    await rm(join(root, 'state/upload'), { recursive: true });
    expect((await runUploadOf(root, { yaml })).failures).toEqual([]);
    expect((await releaseUploaded(open(), stores, {}, { dryRun: false })).released).toMatchObject([
      { day: firstDay },
    ]);
    expect(await cleanUp(open(), readSpaceOf(900e9), stores)).toBe(0);
    const names = await readdir(join(root, 'raw'), { recursive: true });
    expect(names.filter((name) => name.includes('part_'))).toEqual([]);
    expect(Object.keys(await digestPartitions(root))).toHaveLength(2);
    expect(await runRestore(open({ from: firstDay, to: lastDay, raw: true }))).toBe(0);
    expect(await digestPartitions(root)).toEqual(whole);
    expect(summarizeReports(await verifyRoot(root, { date: firstDay }))).toEqual([
      `${firstDay} incomplete (equal): seconds-missing`,
    ]);
  } finally {
    print.mockRestore();
    await server.close();
    for (const path of [root, `${root}-bucket`]) await rm(path, { recursive: true, force: true });
  }
});
