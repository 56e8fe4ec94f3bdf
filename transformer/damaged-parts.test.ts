import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import { partitionManifestPath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { controlLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';
import { digestFile } from './parts.ts';

const day = '2026-03-01';
const at = (second: string) => us(`${day}T10:00:${second}Z`);
const good = (id: number) => tradeLine({ id, us: at('00.1') + id });

let lake: ScratchLake;
let folder: string;
let errors: string[];
let debug: string[];

beforeEach(async () => {
  lake = await makeScratchLake();
  folder = join(lake.root, 'raw/binance/BTCUSDT', day);
  await mkdir(folder, { recursive: true });
  errors = [];
  debug = [];
});

function transform(): Promise<number> {
  return lake.transform(
    {},
    {
      ...silentLog,
      error: (message) => void errors.push(message),
      debug: (message) => void debug.push(message),
    },
  );
}

async function countTrades(): Promise<number> {
  const [row] = await lake.query('SELECT count(*) AS n FROM trades');
  return Number(row!.n);
}

async function countQuarantined(): Promise<number> {
  const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
  const path = partitionManifestPath(lake.root, 'trades', instrument, day);
  return (await readPartitionManifest(path))!.lines_quarantined;
}

it('a line of 50 MB, one of 2 MB of brackets, and deep but valid ones cost no other line', async () => {
  const huge = `{"recv":1,"conn":"c1","msg":"${'x'.repeat(50_000_000)}"}`;
  const brackets = '['.repeat(2_000_000);
  const deep = `{"recv":1,"conn":"c1","msg":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  await lake.writePart(day, 1, [good(1), huge, good(2), brackets, good(3), deep, good(4)]);
  await lake.writePart(day, 2, [good(5)]);
  expect(await transform()).toBe(0);
  expect(await countTrades()).toBe(5);
  expect(await countQuarantined()).toBe(3);
  const text = await readFile(
    join(lake.root, 'quarantine/binance/BTCUSDT', day, 'part_0001.jsonl'),
    'utf8',
  );
  expect(text.length).toBeLessThan(300_000);
  expect(text).toContain('longer than 16777216 bytes');
  expect(debug.join()).toContain('read 2 parts the fast way');
});

it('an empty part and one of control lines alone are read, and read once', async () => {
  await lake.writePart(day, 1, []);
  await lake.writePart(day, 2, [
    controlLine(at('00'), 'subscribed'),
    controlLine(at('09'), 'close'),
  ]);
  expect(await transform()).toBe(0);
  await lake.writePart(day, 3, [good(1)]);
  expect(await transform()).toBe(0);
  expect(await countTrades()).toBe(1);
  const ledger = await readFile(
    join(lake.root, `state/transform/binance/BTCUSDT/${day}.jsonl`),
    'utf8',
  );
  expect(ledger.trim().split('\n')).toHaveLength(3);
});

it('of a part whose compression is cut off what can be read is used', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `${good(index)}\n`).join('');
  const packed = gzipSync(lines);
  await writeFile(join(folder, 'part_0001.jsonl.gz'), packed.subarray(0, packed.length / 2));
  expect(await transform()).toBe(0);
  expect(await countTrades()).toBeGreaterThan(1000);
  expect(await countQuarantined()).toBeGreaterThan(0);
});

const record = (part: string, bytes: number, sha256 = 'a'.repeat(64)) =>
  `${JSON.stringify({
    part,
    bytes,
    lines: 2,
    sha256,
    streams: {},
    first_recv: 1,
    last_recv: 2,
    first_event: null,
    last_event: null,
    first_trade_id: 1,
    last_trade_id: 2,
  })}\n`;

it('a part that is not as long as it was sealed is used and reported, as what it is', async () => {
  await lake.writePart(day, 1, [good(1)]);
  await writeFile(join(folder, 'manifest.jsonl'), record('part_0001.jsonl', 999_999));
  expect(await transform()).toBe(0);
  expect(errors.join()).toContain('part_0001.jsonl: it has');
  expect(await countTrades()).toBe(1);
  const manifest = await readFile(
    join(lake.root, 'trades/binance/BTCUSDT/year=2026/month=03/day=01/trades.manifest.json'),
    'utf8',
  );
  expect(manifest).not.toContain('a'.repeat(64));
});

it('a part that is gone before it was transformed is reported, one that is done is not', async () => {
  await lake.writePart(day, 1, [good(1)]);
  await lake.writePart(day, 2, [good(2)]);
  expect(await transform()).toBe(0);
  await rm(join(folder, 'part_0001.jsonl'));
  await writeFile(join(folder, 'manifest.jsonl'), record('part_0001.jsonl', 9));
  expect(await transform()).toBe(0);
  expect(errors).toEqual([]);
  await appendFile(join(folder, 'manifest.jsonl'), record('part_0003.jsonl', 9));
  expect(await transform()).toBe(0);
  expect(errors).toEqual([expect.stringContaining('part_0003.jsonl: it was sealed, and is gone')]);
});

it('a part under a number that was given before is read, once', async () => {
  const write = async (id: number) => {
    await lake.writePart(day, 1, [good(id)]);
    const path = join(folder, 'part_0001.jsonl');
    const bytes = (await readFile(path)).length;
    const line = record('part_0001.jsonl', bytes, await digestFile(path));
    await writeFile(join(folder, 'manifest.jsonl'), line);
  };
  await write(1);
  expect(await transform()).toBe(0);
  await rm(folder, { recursive: true });
  await write(2);
  expect(await transform()).toBe(0);
  expect(await countTrades()).toBe(2);
  const ledger = join(lake.root, `state/transform/binance/BTCUSDT/${day}.jsonl`);
  const before = await readFile(ledger, 'utf8');
  expect(await transform()).toBe(0);
  expect(await readFile(ledger, 'utf8')).toBe(before);
});
