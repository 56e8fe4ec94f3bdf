// The memory of an upload, started without any argument of Node: it does not grow with what is uploaded or with
// what waits. With LAKE_TEST_UPLOAD_MEMORY=full that is 400 MB and a day of outage, in two minutes; else a
// fiftieth of the one.

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addDays } from '../lake/day.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { formatPartitionManifest } from '../lake/partition-manifest.ts';
import { startGcsServer } from './store-servers/gcs-server.ts';

const isFull = process.env.LAKE_TEST_UPLOAD_MEMORY === 'full';
const share = isFull ? 1 : 0.02;
const allowedMb = 100;
const program = join(import.meta.dirname, 'upload-measured.ts');
const symbols = Array.from({ length: 13 }, (_, index) => `S${index}USDT`);

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
});
afterEach(() => rm(root, { recursive: true }));

/** Raw parts as a raw manifest describes them, without it being written line by line. */
async function writeParts(symbol: string, day: string, count: number, bytes: number) {
  const folder = join(root, 'raw/binance', symbol, day);
  await mkdir(folder, { recursive: true });
  const lines: string[] = [];
  for (let number = 1; number <= count; number++) {
    const part = `part_${String(number).padStart(4, '0')}.jsonl`;
    const content = randomBytes(bytes);
    await writeFile(join(folder, part), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const none = { first_event: null, last_event: null, first_trade_id: null, last_trade_id: null };
    const known = { part, bytes, lines: 1, sha256, streams: { trade: 1 } };
    lines.push(JSON.stringify({ ...known, first_recv: 1, last_recv: 1, ...none }));
  }
  await writeFile(join(folder, 'manifest.jsonl'), `${lines.join('\n')}\n`);
}

async function writePartition(instrument: Instrument, day: string, bytes: number): Promise<void> {
  const path = partitionPath(root, 'bars_1s', instrument, day);
  await mkdir(dirname(path), { recursive: true });
  const content = randomBytes(bytes);
  await writeFile(path, content);
  const manifest = formatPartitionManifest({
    schema_version: 1,
    revision: 1,
    rows: 0,
    first_second: null,
    last_second: null,
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes,
    inputs: [],
    seconds_covered: 0,
    seconds_missing: [],
    first_trade_id: null,
    last_trade_id: null,
    missing_trade_ids: [],
    duplicates_removed: 0,
    trades_filled: 0,
    lines_quarantined: 0,
    reconcile: null,
    revisions: [],
  });
  await writeFile(partitionManifestPath(root, 'bars_1s', instrument, day), manifest);
}

async function measure(what: string, yaml: string) {
  const child = spawn(process.execPath, [program, what, root, yaml], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (isFull) process.stdout.write(`${what}: ${said}\n`);
  return JSON.parse(said) as { idleMb: number; peakMb: number; failures: string[] };
}

it(`stays within ${allowedMb} MB of idle while days and parts are sent`, async () => {
  for (const symbol of symbols) {
    const days = Math.ceil(10 * share);
    for (let day = 0; day < days; day++) {
      const instrument = { exchange: 'binance', symbol };
      await writePartition(instrument, addDays('2026-02-01', day), 2_000_000);
    }
    await writeParts(symbol, '2026-02-01', Math.ceil(100 * share), 100_000);
  }
  const folder = `${root}-bucket`;
  const server = await startGcsServer({ folder, bucket: 'b', maxPageSize: 1000 });
  try {
    const yaml = `gcs: { bucket_name: b, api_endpoint: "${server.url}" }\nupload: { raw: true }`;
    const { idleMb, peakMb, failures } = await measure('days', yaml);
    expect(failures).toEqual([]);
    expect(peakMb - idleMb).toBeLessThan(allowedMb);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);

const downForADay = `stays within ${allowedMb} MB of idle while a store is down for a day`;
if (isFull) it(downForADay, waitOutage, 300_000);

async function waitOutage(): Promise<void> {
  for (const symbol of symbols) {
    await writeParts(symbol, '2026-03-01', 1440, 100);
  }
  const there = `${root}-there`;
  await mkdir(there);
  const yaml = `folder: { path: ${there} }\nupload: { raw_batch_seconds: 60 }`;
  const { idleMb, peakMb } = await measure('outage', yaml);
  expect(peakMb - idleMb).toBeLessThan(allowedMb);
  await rm(there, { recursive: true });
}
