// What an upload costs beside a bare loop over the same client with the same files and as many at once, in the
// same run, alternating, best of several. Ours also proves each file before and after; the loop only sends.

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Storage } from '@google-cloud/storage';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { openStores } from '../tools/store/stores.ts';
import { uploadLake } from '../tools/upload/upload-lake.ts';
import { digestFile } from '../transformer/parts.ts';
import type { Row } from './row.ts';

type Kind = 'gcs' | 's3';

const rounds = 5;
const atOnce = 4;
const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'DOGEUSDT'];
const day = '2026-03-01';
const megabytes = { bars_1s: 4, trades: 28 } as const;

export async function benchUpload(): Promise<Row[]> {
  process.env.AWS_ACCESS_KEY_ID ??= 'bench';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'bench';
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const root = join(folder, 'lake');
  try {
    await writeLake(root);
    return [...(await benchKind('gcs', root, folder)), ...(await benchKind('s3', root, folder))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function benchKind(kind: Kind, root: string, folder: string): Promise<Row[]> {
  const files = await listFiles(root);
  const bytes = await sumBytes(files);
  const best = { bare: 0, lake: 0 };
  for (let round = 0; round < rounds; round++) {
    for (const name of ['bare', 'lake'] as const) {
      const send = name === 'bare' ? sendBare : sendLake;
      const ms = await measure(kind, join(folder, 'bucket'), (url) => send(kind, url, root, files));
      best[name] = Math.max(best[name], bytes / ms / 1000);
    }
    await rm(join(root, 'state'), { recursive: true });
  }
  const speed = (name: 'bare' | 'lake') => ({ value: best[name], unit: 'MB/s' });
  return [
    { name: `${kind}: bare loop over the client`, ...speed('bare') },
    { name: `${kind}: upload`, ...speed('lake') },
    {
      name: `${kind}: upload over bare loop`,
      value: best.lake / best.bare,
      unit: 'x',
      bound: { min: 0.8 },
    },
  ];
}

/** A lake of one day, of the size of a busy one. */
async function writeLake(root: string): Promise<void> {
  for (const symbol of symbols) {
    for (const dataset of ['bars_1s', 'trades'] as const) {
      const instrument = { exchange: 'binance', symbol };
      const path = partitionPath(root, dataset, instrument, day);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, randomBytes(megabytes[dataset] * 1_000_000));
      const manifest = describe(await digestFile(path));
      const manifestPath = partitionManifestPath(root, dataset, instrument, day);
      await writeFile(manifestPath, JSON.stringify(manifest));
    }
  }
}

function describe(sha256: string) {
  return {
    schema_version: 1,
    revision: 1,
    rows: 86_400,
    first_second: `${day}T00:00:00.000Z`,
    last_second: `${day}T23:59:59.000Z`,
    sha256,
    inputs: [],
    seconds_covered: 86_400,
    seconds_missing: [],
    first_trade_id: 1,
    last_trade_id: 1_000_000,
    missing_trade_ids: [],
    duplicates_removed: 0,
    trades_filled: 0,
    lines_quarantined: 0,
    reconcile: null,
  };
}

async function listFiles(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => /\.(parquet|json)$/.test(name)).map((name) => join(root, name));
}

async function sumBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** How long `send` takes, against a server of its own. */
async function measure(
  kind: Kind,
  bucket: string,
  send: (url: string) => Promise<void>,
): Promise<number> {
  const path = join(import.meta.dirname, '..', 'tests', 'store-servers', 'serve.ts');
  const server: ChildProcess = fork(path, [kind, bucket], { execArgv: [] });
  try {
    const [{ url }] = (await once(server, 'message')) as [{ url: string }];
    const startedMs = performance.now();
    await send(url);
    return performance.now() - startedMs;
  } finally {
    const ended = once(server, 'exit');
    server.disconnect();
    await ended;
    await rm(bucket, { recursive: true, force: true });
  }
}

async function sendBare(
  kind: Kind,
  url: string,
  root: string,
  files: readonly string[],
): Promise<void> {
  const put = kind === 'gcs' ? putBareToGcs(url) : putBareToS3(url);
  const queue = files.values();
  const work = async () => {
    for (const path of queue) await put(path, relative(root, path));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

type PutBare = (path: string, key: string) => Promise<unknown>;

/** Each as its client does it by itself. */
function putBareToGcs(url: string): PutBare {
  const bucket = new Storage({ apiEndpoint: url, projectId: 'bench' }).bucket('bench');
  return (path, destination) => bucket.upload(path, { destination });
}

function putBareToS3(url: string): PutBare {
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true });
  return (path, Key) => {
    const params = { Bucket: 'bench', Key, Body: createReadStream(path) };
    return new Upload({ client, params }).done();
  };
}

async function sendLake(
  kind: Kind,
  url: string,
  root: string,
  files: readonly string[],
): Promise<void> {
  const store =
    kind === 'gcs'
      ? `gcs: { bucket_name: bench, api_endpoint: "${url}" }`
      : `s3: { bucket_name: bench, endpoint: "${url}" }`;
  const config = parseConfig(`root: ${root}\nupload: { concurrency: ${atOnce} }\n${store}`, {});
  const clock = openSystemClock();
  const { signal } = new AbortController();
  const stores = await openStores(config);
  const { objects, failures } = await uploadLake(
    { config, clock, log: silentLog, signal, stores },
    {},
  );
  if (objects !== files.length) {
    throw new Error(`sent ${objects} of ${files.length} files: ${failures.join('; ')}`);
  }
}
