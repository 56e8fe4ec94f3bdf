import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startOfDayUs, usPerDay } from '../lake/day.ts';
import type { PartCompression } from '../lake/layout.ts';
import { rawDayDir } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import { ChunkPool } from './chunk-pool.ts';
import { describePart } from './describe-part.ts';
import { FakeClock } from './fake-clock.ts';
import { openPartFile } from './part-file.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { planRotationLimits } from './rotation.ts';
import { cutFrames, formatFrame, parseLines, readParts } from './scripted-exchange.ts';
import { Turnstile } from './turnstile.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const streams = ['btcusdt@trade', 'btcusdt@bookTicker'];
const prefix = Buffer.from('{"recv":1,"conn":"c1","msg":');

let root: string;
let clock: FakeClock;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'recorder-'));
  clock = new FakeClock();
});
afterEach(() => rm(root, { recursive: true }));

function open(limits: { seconds?: number; megabytes?: number; messages?: number } = {}, more = {}) {
  const options: RecorderOptions = {
    root,
    clock,
    pool: new ChunkPool(() => {}),
    limits: planRotationLimits({
      rotate_seconds: limits.seconds ?? 60,
      rotate_max_megabytes: limits.megabytes ?? 64,
      rotate_max_messages: limits.messages ?? 0,
    }),
    compression: 'none',
    openFile: openPartFile,
    run: (_what, action) => action(),
    sealing: new Turnstile(4),
    keepGaps: async () => {},
    onUnsealed: () => {},
    ...more,
  };
  return new Recorder(options, instrument, streams, clock.monotonicMs() + options.limits.everyMs);
}

function append(recorder: Recorder, id: number, frame = formatFrame('BTCUSDT', id)): void {
  const us = 1_763_510_400_000_000 + Math.abs(id) * 1000;
  const found = { eventUs: id < 0 ? 0 : us, tradeId: Math.max(id, -1) };
  recorder.appendFrame(clock.nowUs(), prefix, Buffer.from(frame), id < 0 ? 1 : 0, found);
}

async function readAll() {
  const parts = await readParts(root);
  return parts.map(({ day, name, bytes }) => ({
    day,
    name,
    lines: parseLines(bytes),
    frames: cutFrames(bytes).length,
  }));
}

describe('a part', () => {
  test('ends when its time is up, and says who goes on listening', async () => {
    const recorder = open({ seconds: 10 });
    recorder.subscribe(clock.nowUs(), 'c1', streams);
    append(recorder, 1);
    clock.advance(9_999);
    recorder.rotateWhenDue(clock.monotonicMs());
    append(recorder, 2);
    clock.advance(1);
    recorder.rotateWhenDue(clock.monotonicMs());
    append(recorder, 3);
    recorder.close(clock.nowUs(), 'c1', { code: 1000, reason: 'stopped' });
    await recorder.finish();
    const [first, second, ...rest] = await readAll();
    expect(rest).toEqual([]);
    expect(first?.lines.map((line) => line.event)).toEqual([
      'subscribed',
      undefined,
      undefined,
      'rotate',
    ]);
    expect(second?.lines.map((line) => line.event)).toEqual(['listening', undefined, 'close']);
    expect(second?.lines[0]).toMatchObject({ conn: 'c1', streams });
    expect(second?.lines[0]?.recv).toBe(first?.lines.at(-1)?.recv);
  });

  test('is sealed each rotation even where nothing was received, and not where nobody listens', async () => {
    const recorder = open({ seconds: 10 });
    recorder.subscribe(clock.nowUs(), 'c1', streams);
    for (let i = 0; i < 2; i++) {
      clock.advance(10_000);
      recorder.rotateWhenDue(clock.monotonicMs());
    }
    recorder.close(clock.nowUs(), 'c1', {});
    for (let i = 0; i < 2; i++) {
      clock.advance(10_000);
      recorder.rotateWhenDue(clock.monotonicMs());
    }
    await recorder.finish();
    const events = (await readAll()).map(({ lines }) => lines.map((line) => line.event));
    expect(events).toEqual([
      ['subscribed', 'rotate'],
      ['listening', 'rotate'],
      ['listening', 'close'],
    ]);
  });

  test('holds no more messages than the configuration says', async () => {
    const recorder = open({ messages: 3 });
    for (let id = 1; id <= 8; id++) append(recorder, id);
    await recorder.finish();
    expect((await readAll()).map(({ frames }) => frames)).toEqual([3, 3, 2]);
  });

  test('grows no larger than the configuration says', async () => {
    const recorder = open({ megabytes: 1 });
    const frame = JSON.stringify('x'.repeat(99_000));
    for (let id = 1; id <= 25; id++) append(recorder, id, frame);
    await recorder.finish();
    const sizes = (await readParts(root)).map(({ bytes }) => bytes.length);
    expect(sizes.length).toBe(3);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(1_000_000);
  });

  test('never holds frames of two days: the first frame after midnight opens the next', async () => {
    clock.set('2026-11-20T23:59:59.999Z');
    const recorder = open();
    recorder.subscribe(clock.nowUs(), 'c1', streams);
    append(recorder, 1);
    clock.advance(2);
    append(recorder, 2);
    await recorder.finish();
    const [first, second] = await readAll();
    const midnightUs = Date.parse('2026-11-21T00:00:00Z') * 1000;
    expect(first).toMatchObject({ day: '2026-11-20', name: 'part_0001.jsonl', frames: 1 });
    expect(second).toMatchObject({ day: '2026-11-21', name: 'part_0001.jsonl', frames: 1 });
    expect(first?.lines.at(-1)).toEqual({ recv: midnightUs, conn: 'c1', event: 'rotate' });
    expect(second?.lines[0]).toMatchObject({ recv: midnightUs, event: 'listening' });
  });

  test('ends at midnight also where no frame comes', async () => {
    clock.set('2026-11-20T23:59:59.999Z');
    const recorder = open();
    recorder.subscribe(clock.nowUs(), 'c1', streams);
    clock.advance(2);
    recorder.rotateWhenDue(clock.monotonicMs());
    await recorder.finish();
    expect((await readAll()).map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-21']);
  });

  test('is not overwritten by a clock that steps back over midnight and forth again', async () => {
    clock.set('2026-11-21T00:00:01Z');
    const recorder = open();
    append(recorder, 1);
    clock.set('2026-11-20T23:59:58Z');
    append(recorder, 2);
    clock.set('2026-11-21T00:00:00Z');
    append(recorder, 3);
    await recorder.finish();
    expect((await readAll()).map(({ day, name, frames }) => [day, name, frames])).toEqual([
      ['2026-11-20', 'part_0001.jsonl', 1],
      ['2026-11-21', 'part_0001.jsonl', 1],
      ['2026-11-21', 'part_0002.jsonl', 1],
    ]);
  });

  test.each([
    ['2026-11-20T13:00:10Z', 'forth'],
    ['2026-11-20T11:00:10Z', 'back'],
  ])('ends where the clock was set: at its last line, not an hour %s (%s)', async (time) => {
    const recorder = open();
    recorder.subscribe(clock.nowUs(), 'c1', streams);
    clock.advance(7000);
    append(recorder, 1);
    const beforeUs = clock.nowUs();
    clock.advance(3000);
    clock.set(time);
    append(recorder, 2);
    await recorder.finish();
    const [first, second] = await readAll();
    expect(first?.lines.at(-1)).toEqual({ recv: beforeUs, conn: 'c1', event: 'rotate' });
    expect(second?.lines[0]).toMatchObject({ recv: clock.nowUs(), event: 'listening' });
    expect(second?.lines).toHaveLength(2);
  });

  test('takes the number after every part of its day, those only the manifest knows included', async () => {
    const dayDir = rawDayDir(root, instrument, '2026-11-20');
    await mkdir(dayDir, { recursive: true });
    await writeFile(join(dayDir, 'part_0003.jsonl'), 'kept\n');
    await writeFile(join(dayDir, 'part_0005.jsonl.open'), 'kept');
    const described = await describePart(join(dayDir, 'part_0003.jsonl'), instrument);
    const line = JSON.stringify({ ...described, part: 'part_0011.jsonl.gz' });
    await writeFile(join(dayDir, 'manifest.jsonl'), `${line}\n`);
    const recorder = open();
    append(recorder, 1);
    await recorder.finish();
    expect((await readParts(root)).map(({ name }) => name)).toEqual([
      'part_0003.jsonl',
      'part_0005.jsonl.open',
      'part_0012.jsonl',
    ]);
    expect(await readFile(join(dayDir, 'part_0003.jsonl'), 'utf8')).toBe('kept\n');
  });
});

test('a part is never written over a file that has appeared under its name meanwhile', async () => {
  const recorder = open({ messages: 1 });
  append(recorder, 1);
  await vi.waitUntil(async () => (await readParts(root).catch(() => [])).length === 1);
  const dayDir = rawDayDir(root, instrument, '2026-11-20');
  await writeFile(join(dayDir, 'part_0002.jsonl.open'), 'kept');
  append(recorder, 2);
  await recorder.finish();
  expect(await readFile(join(dayDir, 'part_0002.jsonl.open'), 'utf8')).toBe('kept');
  const names = (await readParts(root)).map(({ name }) => name);
  expect(names).toEqual(['part_0001.jsonl', 'part_0002.jsonl.open', 'part_0003.jsonl']);
});

test('a part is not sealed before what it calls missing is kept', async () => {
  const { promise: kept, resolve: keep } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const keepGaps = () => {
    ask();
    return kept;
  };
  const recorder = open({}, { keepGaps });
  append(recorder, 1);
  const finished = recorder.finish();
  await asked;
  expect((await readParts(root)).map(({ isOpen }) => isOpen)).toEqual([true]);
  keep();
  await finished;
  expect((await readParts(root)).map(({ isOpen }) => isOpen)).toEqual([false]);
});

describe('a clock set while frames come', () => {
  const hour = 3_600_000;
  test.each([
    ['an hour ahead, over midnight', '2026-11-20T23:30:00Z', hour],
    ['an hour back, over midnight', '2026-11-21T00:30:00Z', -hour],
    ['an hour ahead within the day', '2026-11-20T12:00:00Z', hour],
    ['an hour back within the day', '2026-11-20T12:00:00Z', -hour],
  ])(
    '%s loses, doubles and overwrites nothing, and parts go on ending in time',
    async (_, at, stepMs) => {
      clock.set(at);
      const recorder = open({ seconds: 10 });
      recorder.subscribe(clock.nowUs(), 'c1', streams);
      const sealed = new Map<string, string>();
      const pass = async (from: number, seconds: number) => {
        for (let id = from; id < from + seconds; id++) {
          const line = Buffer.from(`{"recv":${clock.nowUs()},"conn":"c1","msg":`);
          const found = { eventUs: 0, tradeId: -1 };
          recorder.appendFrame(
            clock.nowUs(),
            line,
            Buffer.from(formatFrame('BTCUSDT', id)),
            0,
            found,
          );
          clock.advance(1000);
          recorder.rotateWhenDue(clock.monotonicMs());
        }
        await new Promise(setImmediate);
        for (const { day, name, isOpen, bytes } of await readParts(root).catch(() => [])) {
          const key = `${day}/${name}`;
          if (!isOpen) expect(sealed.get(key) ?? bytes.toString()).toBe(bytes.toString());
          if (!isOpen) sealed.set(key, bytes.toString());
        }
      };
      const setBy = (ms: number) => clock.set(new Date(clock.nowUs() / 1000 + ms).toISOString());
      await pass(0, 35);
      setBy(stepMs);
      await pass(35, 35);
      setBy(-stepMs);
      await pass(70, 35);
      await recorder.finish();
      const parts = await readParts(root);
      const ids = (frames: string[]) => frames.map((text) => JSON.parse(text).data.t as number);
      const all = parts.map(({ bytes }) => ids(cutFrames(bytes)));
      expect(all.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 105 }, (_, id) => id));
      for (const list of all) {
        expect(list).toEqual([...list].sort((a, b) => a - b));
        // Ten seconds, by the clock that was not set.
        expect(list.length).toBeLessThanOrEqual(10);
      }
      for (const { day, bytes } of parts) {
        const endUs = startOfDayUs(day) + usPerDay;
        for (const { recv } of parseLines(bytes)) {
          expect(recv).toBeGreaterThanOrEqual(startOfDayUs(day));
          expect(recv).toBeLessThanOrEqual(endUs);
        }
      }
    },
  );
});

describe('the manifest line', () => {
  test('says of a part what its bytes say, with lowest and highest in any order', async () => {
    const recorder = open();
    recorder.subscribe(clock.nowUs(), 'c1', streams);
    for (const id of [7, -1, 5, -2, 9, 6, -3]) {
      const us = clock.nowUs();
      const line = Buffer.from(`{"recv":${us},"conn":"c1","msg":`);
      const frame = Buffer.from(formatFrame('BTCUSDT', id));
      const eventUs = id < 0 ? 0 : 1_763_510_400_000_000 + id * 1000;
      recorder.appendFrame(us, line, frame, id < 0 ? 1 : 0, { eventUs, tradeId: Math.max(id, -1) });
      clock.advance(id === 5 ? -500 : 250);
    }
    await recorder.finish();
    const dayDir = rawDayDir(root, instrument, '2026-11-20');
    const record = (await readPartRecords(dayDir)).get('part_0001.jsonl');
    const { bytes } = (await readParts(root))[0]!;
    expect(record).toMatchObject({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      lines: 8,
      streams: { 'btcusdt@trade': 4, 'btcusdt@bookTicker': 3 },
      first_event: 1_763_510_400_005_000,
      last_event: 1_763_510_400_009_000,
      first_trade_id: 5,
      last_trade_id: 9,
    });
    const recvs = parseLines(bytes).map((line) => line.recv);
    expect(record?.first_recv).toBe(Math.min(...recvs));
    expect(record?.last_recv).toBe(Math.max(...recvs));
    expect(await describePart(join(dayDir, 'part_0001.jsonl'), instrument)).toEqual(record);
  });

  const unpack = { gzip: gunzipSync, zstd: zstdDecompressSync };
  test.each(['gzip', 'zstd'] as const)('describes the compressed file: %s', async (compression) => {
    const recorder = open({}, { compression: compression satisfies PartCompression });
    for (let id = 1; id <= 1000; id++) append(recorder, id);
    await recorder.finish();
    const [part, ...rest] = await readParts(root);
    expect(rest).toEqual([]);
    expect(part?.isOpen).toBe(false);
    expect(cutFrames(unpack[compression](part!.bytes)).length).toBe(1000);
    const dayDir = rawDayDir(root, instrument, '2026-11-20');
    const record = (await readPartRecords(dayDir)).get(part!.name);
    expect(record).toMatchObject({
      bytes: part!.bytes.length,
      sha256: createHash('sha256').update(part!.bytes).digest('hex'),
    });
    // The fixed receive time of `append` stands in the bytes, the clock's in the record.
    const described = await describePart(join(dayDir, part!.name), instrument);
    expect({ ...described, first_recv: 0, last_recv: 0 }).toEqual({
      ...record,
      first_recv: 0,
      last_recv: 0,
    });
  });
});
