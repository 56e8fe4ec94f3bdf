import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RestError } from '../exchanges/rest-error.ts';
import { FillBench } from './fill-bench.ts';
import { TradeProbe } from './trade-probe.ts';

let root: string;
let bench: FillBench;
let probe: TradeProbe;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'probe-'));
  bench = new FillBench(root);
  probe = new TradeProbe(bench.options);
});
afterEach(async () => {
  await probe.stop();
  await bench.finish();
  await rm(root, { recursive: true });
});

async function pass(seconds: number): Promise<void> {
  for (let tick = 0; tick < seconds * 10; tick++) {
    probe.tick(bench.clock.monotonicMs());
    await new Promise(setImmediate);
    bench.clock.advance(100);
  }
}

describe('a probe', () => {
  test('finds trades missing that no stream delivers in time, and they are a gap at once', async () => {
    const recorder = bench.openRecorder('BTCUSDT');
    recorder.restore({ id: 9990, timeUs: 1 }, []);
    const verdict = probe.probe(recorder);
    await pass(3);
    expect(await verdict).toBe('missing');
    expect(recorder.trades.gaps).toEqual([{ from: 9991, to: 10_000 }]);
  });

  test('names a symbol the exchange refuses, until it answers', async () => {
    const recorder = bench.openRecorder('NOPEUSDT');
    const failure = { status: 400, code: -1121, retryable: false };
    bench.failures.push(new RestError('get x: -1121 Invalid symbol.', failure));
    expect(await probe.probe(recorder)).toBe('unknown');
    expect([...probe.refused.keys()]).toEqual(['NOPEUSDT']);
    bench.clock.advance(11_000);
    await probe.probe(recorder);
    expect([...probe.refused.keys()]).toEqual([]);
  });

  test('waits for a stream that is a little behind', async () => {
    const recorder = bench.openRecorder('BTCUSDT');
    recorder.restore({ id: 9990, timeUs: 1 }, []);
    const lane = recorder.openLane('c1');
    const verdict = probe.probe(recorder);
    await pass(1);
    for (let id = 9991; id <= 10_000; id++) lane.note(id, 1);
    await pass(1);
    expect(await verdict).toBe('quiet');
    expect(recorder.trades.gaps).toEqual([]);
  });

  test('finds a quiet symbol quiet, and asks again later and later', async () => {
    const recorder = bench.openRecorder('BTCUSDT');
    recorder.restore({ id: 10_000, timeUs: 1 }, []);
    const asked: number[] = [];
    for (let second = 0; second < 600; second++) {
      if ((await probe.probe(recorder)) === 'quiet') asked.push(second);
      bench.clock.advance(1000);
    }
    expect(asked).toEqual([0, 10, 30, 70, 150, 310]);
  });

  test('still knows what it found when a stream is suspected right after, until a trade comes', async () => {
    const recorder = bench.openRecorder('BTCUSDT');
    recorder.restore({ id: 9990, timeUs: 1 }, []);
    recorder.subscribe(bench.clock.nowUs(), 'c1', ['btcusdt@trade']);
    await pass(9);
    expect(recorder.trades.gaps).toEqual([{ from: 9991, to: 10_000 }]);
    expect(await probe.probe(recorder)).toBe('missing');
    recorder.openLane('c1').note(10_001, 1);
    expect(await probe.probe(recorder)).toBe('unknown');
    expect(bench.requests.length).toBe(1);
  });

  test('says nothing of a symbol that is no longer recorded when its time is up', async () => {
    const recorder = bench.openRecorder('BTCUSDT');
    recorder.restore({ id: 9990, timeUs: 1 }, []);
    const verdict = probe.probe(recorder);
    await pass(1);
    bench.recorders.length = 0;
    await recorder.finish();
    await pass(3);
    expect(await verdict).toBe('unknown');
    expect(recorder.trades.gaps).toEqual([]);
  });

  test('does not know where the exchange does not answer', async () => {
    const recorder = bench.openRecorder('BTCUSDT');
    recorder.restore({ id: 1, timeUs: 1 }, []);
    bench.failures.push(new RestError('get x: no answer', { retryable: true }));
    expect(await probe.probe(recorder)).toBe('unknown');
    expect(recorder.trades.gaps).toEqual([]);
  });
});

test('a first trade that does not come is asked for, once', async () => {
  const recorder = bench.openRecorder('BTCUSDT');
  recorder.restore({ id: 9998, timeUs: 1 }, []);
  recorder.subscribe(bench.clock.nowUs(), 'c1', ['btcusdt@trade']);
  await pass(4.9);
  expect(bench.requests).toEqual([]);
  await pass(3);
  expect(recorder.trades.gaps).toEqual([{ from: 9999, to: 10_000 }]);
  await pass(60);
  expect(bench.requests.length).toBe(1);
});

test('a symbol of which nothing is known is asked for until an answer can be compared', async () => {
  const recorder = bench.openRecorder('NEWUSDT');
  recorder.subscribe(bench.clock.nowUs(), 'c1', ['newusdt@trade']);
  await pass(6);
  bench.newestId += 7;
  await pass(15);
  expect(recorder.trades.gaps).toEqual([{ from: 10_001, to: 10_007 }]);
});

test('many symbols that say nothing are asked for five a second at most', async () => {
  for (let i = 0; i < 50; i++) {
    const recorder = bench.openRecorder(`S${i}USDT`);
    recorder.restore({ id: 10_000, timeUs: 1 }, []);
    recorder.subscribe(bench.clock.nowUs(), 'c1', [`s${i}usdt@trade`]);
  }
  await pass(5);
  await pass(5);
  expect(bench.requests.length).toBeGreaterThanOrEqual(24);
  expect(bench.requests.length).toBeLessThanOrEqual(26);
  await pass(6);
  expect(new Set(bench.requests).size).toBe(50);
  expect(bench.requests.length).toBe(50);
});
