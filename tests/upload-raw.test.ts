// Raw parts in batches, on a clock that is set: when they go, and what an outage of a day costs.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { formatDay } from '../lake/day.ts';
import { type Log, silentLog } from '../lake/log.ts';
import { appendPartRecord } from '../lake/part-manifest.ts';
import { readStatus, uploadStatusSchema } from '../lake/status.ts';
import { openStores } from '../tools/store/stores.ts';
import { feedStores } from '../tools/upload/upload-raw.ts';
import { type FailingStore, failing } from './failing-store.ts';
import { digestFolder, runUploadOf } from './upload-run.ts';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const minuteMs = 60_000;
const hourMs = 3_600_000;

let root: string;
let there: string;
let nowMs: number;
let store: FailingStore;
let sealed: Map<string, string>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
  there = `${root}-there`;
  await mkdir(there);
  nowMs = startMs;
  const config = parseConfig(`root: ${root}\nfolder: { path: ${there} }`, {});
  store = failing((await openStores(config))[0]!);
  sealed = new Map();
});

/** Seals a part of 100 messages, received now. */
async function sealPart(symbol = 'BTCUSDT'): Promise<void> {
  const day = formatDay(nowMs * 1000);
  const folder = join(root, 'raw/binance', symbol, day);
  const part = `part_${String(sealed.size + 1).padStart(4, '0')}.jsonl`;
  const text = `{"recv":${nowMs * 1000},"conn":"c1","msg":{}}\n`.repeat(100);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, part), text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  await appendPartRecord(folder, {
    part,
    bytes: text.length,
    lines: 100,
    sha256,
    streams: { trade: 100 },
    first_recv: nowMs * 1000,
    last_recv: nowMs * 1000,
    first_event: null,
    last_event: null,
    first_trade_id: null,
    last_trade_id: null,
  });
  sealed.set(`raw/binance/${symbol}/${day}/${part}.zst`, sha256);
}

/** Runs until the clock stands at `untilMs`; `onTick` is called before each wait with its end. */
async function feed(
  untilMs: number,
  upload: string,
  { onTick = async () => {}, log = silentLog }: { onTick?: () => Promise<void>; log?: Log } = {},
): Promise<void> {
  const stop = new AbortController();
  await feedStores({
    config: parseConfig(`root: ${root}\nupload: ${upload}`, {}),
    clock: { nowUs: () => nowMs * 1000, monotonicMs: () => nowMs },
    log,
    signal: stop.signal,
    stores: [store],
    random: () => 0.5,
    async sleep(ms) {
      nowMs += ms;
      await onTick();
      if (nowMs >= untilMs) stop.abort();
    },
  });
}

const listParts = async () =>
  Object.keys(await digestFolder(there)).filter((key) => key.endsWith('.zst'));

it('sends what was sealed so many seconds after the last batch', async () => {
  await sealPart();
  await feed(startMs + 50_000, '{ raw_batch_seconds: 60 }');
  expect(store.puts).toEqual([]);
  await feed(nowMs + 61_000, '{ raw_batch_seconds: 60 }');
  expect(await listParts()).toEqual([...sealed.keys()]);
  const folder = join(there, 'raw/binance/BTCUSDT/2026-03-01');
  const packed = await readFile(join(folder, 'part_0001.jsonl.zst'));
  const plain = await readFile(join(root, 'raw/binance/BTCUSDT/2026-03-01/part_0001.jsonl'));
  expect(zstdDecompressSync(packed)).toEqual(plain);
  expect(await readFile(join(folder, 'manifest.jsonl'), 'utf8')).toContain('part_0001.jsonl');
});

it('sends as soon as so many messages wait, and the rest when the day is over', async () => {
  await sealPart();
  await feed(startMs + hourMs, '{ raw_batch_messages: 250 }', {
    onTick: async () => {
      if (sealed.size < 4 && nowMs > startMs + sealed.size * 10 * minuteMs) await sealPart();
    },
  });
  // The fourth is alone: 100 messages are too few.
  expect(await listParts()).toHaveLength(3);
  nowMs = Date.parse('2026-03-02T00:00:10Z');
  await feed(nowMs + minuteMs, '{ raw_batch_messages: 250 }');
  expect(await listParts()).toEqual([...sealed.keys()]);
});

const outageHours = process.env.LAKE_TEST_UPLOAD_FAULTS === 'all' ? 24 : 2;

it(`comes through an outage of ${outageHours} hours: everything arrives, exactly once`, async () => {
  store.failure = 'unavailable';
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => errors.push(text) };
  let during: unknown;
  await feed(startMs + (outageHours + 1) * hourMs, '{ raw_batch_seconds: 60 }', {
    log,
    onTick: async () => {
      while (sealed.size < (nowMs - startMs) / (20 * minuteMs)) await sealPart();
      if (nowMs > startMs + outageHours * hourMs && store.failure !== undefined) {
        during = await readStatus(root, 'upload-raw', uploadStatusSchema);
        store.failure = undefined;
      }
    },
  });
  expect(during).toMatchObject({
    stores: [
      {
        objects_queued: expect.any(Number),
        error: 'ask it: it is down',
        failing_since: '2026-03-01T12:01:00.000Z',
        queued_since: '2026-03-01T12:01:00.000Z',
      },
    ],
  });
  expect(errors).toHaveLength(1);
  expect(sealed.size).toBeGreaterThan(3 * outageHours);
  expect(await listParts()).toEqual([...sealed.keys()].sort());
  expect(new Set(store.puts.filter((key) => key.endsWith('.zst'))).size).toBe(sealed.size);
  expect(store.puts.filter((key) => key.endsWith('.zst'))).toHaveLength(sealed.size);
  // Nothing is left to the nightly upload but what was sealed since.
  const puts = store.puts.length;
  const nightly = { stores: [store], yaml: 'upload: { raw: true }', time: '2026-03-10T03:00:00Z' };
  await runUploadOf(root, nightly);
  const late = store.puts.slice(puts);
  expect(late.every((key) => key.endsWith('manifest.jsonl'))).toBe(true);
});

it('goes on where an earlier run has ended, and knows what is there without its ledger', async () => {
  await sealPart();
  await feed(startMs + 2 * minuteMs, '{ raw_batch_seconds: 60 }');
  await rm(join(root, 'state'), { recursive: true });
  await sealPart();
  await feed(nowMs + 2 * minuteMs, '{ raw_batch_seconds: 60 }');
  expect(store.puts.filter((key) => key.endsWith('.zst'))).toEqual([...sealed.keys()]);
});

it('sets aside a part that is damaged, says so once, and sends the others', async () => {
  await sealPart();
  await writeFile(join(root, 'raw/binance/BTCUSDT/2026-03-01/part_0001.jsonl'), 'x');
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => errors.push(text) };
  await feed(startMs + 30 * minuteMs, '{ raw_batch_seconds: 60 }', {
    log,
    onTick: async () => {
      if (sealed.size < 5) await sealPart();
    },
  });
  expect(errors).toEqual([expect.stringContaining('part_0001.jsonl: it is not the file')]);
  expect(await listParts()).toEqual([...sealed.keys()].slice(1));
});
