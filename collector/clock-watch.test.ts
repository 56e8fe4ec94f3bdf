import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RestError } from '../exchanges/rest-error.ts';
import { measureOffset } from './clock-offset.ts';
import { ClockWatch } from './clock-watch.ts';
import { FillBench } from './fill-bench.ts';
import { parseLines, readParts } from './scripted-exchange.ts';

let root: string;
let bench: FillBench;
let watch: ClockWatch;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'clock-'));
  bench = new FillBench(root);
  watch = new ClockWatch(bench.options);
});
afterEach(async () => {
  await watch.stop();
  await bench.finish();
  await rm(root, { recursive: true });
});

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    watch.tick(bench.clock.monotonicMs());
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    bench.clock.advance(1000);
  }
}

async function readClockLines(symbol: string) {
  await bench.finish();
  const parts = await readParts(root, symbol);
  return parts.flatMap(({ bytes }) => parseLines(bytes)).filter(({ event }) => event === 'clock');
}

test('the offset is that of the shortest round trip, and is wrong by half of it at most', () => {
  const samples = [
    { sentUs: 0, receivedUs: 50_000, serverUs: 1_000_049_000 },
    { sentUs: 100_000, receivedUs: 102_000, serverUs: 1_000_101_500 },
    { sentUs: 200_000, receivedUs: 100_000, serverUs: 5 },
  ];
  expect(measureOffset(samples)).toEqual({ offsetUs: 1_000_000_500, roundTripUs: 2000 });
  expect(measureOffset([])).toBeUndefined();
});

describe('the clock', () => {
  test('is measured every minute, into the parts of every symbol', async () => {
    const symbols = ['BTCUSDT', 'ETHUSDT'];
    for (const symbol of symbols) bench.openRecorder(symbol);
    bench.offsetUs = 1_300_000;
    await pass(61);
    expect(watch.findOffset(bench.clock.monotonicMs())?.offsetUs).toBe(1_300_000);
    for (const symbol of symbols) {
      const line = { conn: 'rest', event: 'clock', offset_us: 1_300_000, round_trip_us: 1000 };
      expect(await readClockLines(symbol)).toMatchObject([line, line]);
    }
  });

  test.each([3_600_000_000, -3_600_000_000])(
    'set by %i µs is noted and measured at once',
    async (stepUs) => {
      bench.openRecorder('BTCUSDT');
      await pass(10);
      bench.clock.set(new Date((bench.clock.nowUs() + stepUs) / 1000).toISOString());
      bench.offsetUs = -stepUs;
      await pass(1);
      expect(watch.findOffset(bench.clock.monotonicMs())?.offsetUs).toBe(-stepUs);
      expect(await readClockLines('BTCUSDT')).toMatchObject([
        { offset_us: 0 },
        { step_us: stepUs },
        { offset_us: -stepUs },
      ]);
    },
  );

  test('that could not be measured for long is not known', async () => {
    await pass(1);
    const failure = new RestError('get x: no answer', { retryable: true });
    bench.failures.push(...Array.from({ length: 20 }, () => failure));
    await pass(299);
    expect(watch.findOffset(bench.clock.monotonicMs())).toBeDefined();
    await pass(3);
    expect(watch.findOffset(bench.clock.monotonicMs())).toBeUndefined();
  });
});
