import { describe, expect, test } from 'vitest';
import { type Rates, StreamWatch } from './stream-watch.ts';

const streams = ['a', 'b'].map((name) => ({ name, symbol: name.toUpperCase(), channel: 'trade' }));
const [a, b] = [streams[0]!, streams[1]!];

function open(rates: Rates = new Map(), nowMs = 0): StreamWatch {
  const watch = new StreamWatch(streams, rates);
  for (const stream of streams) watch.acknowledge(stream, nowMs);
  return watch;
}

/** Both streams deliver twice a second until `endMs`; the counters then. */
function deliver(watch: StreamWatch, endMs: number): number[] {
  for (let nowMs = 500; nowMs <= endMs; nowMs += 500) {
    expect(watch.observe([nowMs / 500, nowMs / 500], nowMs)).toEqual([]);
  }
  return [endMs / 500, endMs / 500];
}

describe('streams of unknown rate', () => {
  test('that deliver nothing are silent within 10 s, which proves nothing: they may be quiet', () => {
    const watch = open();
    expect(watch.observe([0, 1], 9000)).toEqual([]);
    const found = watch.observe([0, 1], 10_000);
    expect(found).toMatchObject([{ stream: a, state: 'silent', isProven: false }]);
    expect(watch.takeRetries(10_000)).toEqual([]);
  });

  test('call for a new connection after a minute where none of them delivers', () => {
    const watch = open();
    watch.observe([0, 0], 20_000);
    expect([watch.isDead(60_000), watch.isDead(60_001)]).toEqual([false, true]);
    watch.observe([1, 0], 60_100);
    expect(watch.isDead(60_100)).toBe(false);
  });

  test('are failing once it is confirmed that they miss data', () => {
    const watch = open();
    watch.observe([0, 1], 10_000);
    watch.confirm(a, 10_000);
    expect(watch.failures).toMatchObject([{ stream: a, isProven: true }]);
    expect(watch.takeRetries(10_000)).toEqual([a]);
    watch.excuse(a, 12_000);
    expect(watch.failures).toEqual([]);
  });
});

test('a silent stream that is just quiet is noted once, and asked about less often', () => {
  const watch = open();
  watch.observe([1, 0], 10_000);
  expect(watch.takeDoubts(39_000)).toEqual([]);
  expect(watch.takeDoubts(41_000)).toEqual([b]);
  watch.excuse(b, 42_000);
  for (let nowMs = 50_000; nowMs < 1_840_000; nowMs += 10_000) {
    expect(watch.observe([nowMs, 0], nowMs)).toEqual([]);
    expect(watch.takeDoubts(nowMs)).toEqual([]);
  }
  expect(watch.failures).toMatchObject([{ stream: b, isProven: false }]);
  expect(watch.takeDoubts(1_843_000)).toEqual([b]);
});

describe('a stream of known rate', () => {
  test('is stale within 10 s, is asked for again once, and then its connection is hopeless', () => {
    const watch = open();
    const [counts] = deliver(watch, 100_000);
    expect(watch.observe([counts! + 10, counts!], 108_000)).toEqual([]);
    const found = watch.observe([counts! + 11, counts!], 109_500);
    expect(found).toMatchObject([{ stream: b, state: 'stale', isProven: true }]);
    expect(watch.takeRetries(109_500)).toEqual([b]);
    watch.observe([counts! + 12, counts!], 110_000);
    expect(watch.takeRetries(110_000)).toEqual([]);
    expect(watch.findHopeless(115_000)).toBeUndefined();
    expect(watch.findHopeless(119_000)).toBe(b);
    expect(watch.isDead(119_000)).toBe(false);
  });

  test('is well again when it delivers', () => {
    const watch = open();
    const [counts] = deliver(watch, 100_000);
    watch.observe([counts!, counts!], 110_000);
    watch.takeRetries(110_000);
    expect(watch.isDead(110_000)).toBe(true);
    watch.observe([counts! + 1, counts! + 1], 111_000);
    expect(watch.failures).toEqual([]);
    expect(watch.findHopeless(200_000)).toBeUndefined();
  });

  test('is known to the next connection, and silent on it within 10 s', () => {
    const rates: Rates = new Map();
    deliver(open(rates), 100_000);
    const next = open(rates, 200_000);
    expect(next.observe([5, 0], 209_500)).toMatchObject([
      { stream: b, state: 'silent', isProven: true },
    ]);
  });
});

describe('a stream that delivers seldom', () => {
  test('is asked about every half hour, and fails when it is known to miss data', () => {
    const watch = open();
    watch.observe([1, 1], 1000);
    const halfHourMs = 30 * 60_000;
    expect(watch.takeDoubts(halfHourMs)).toEqual([]);
    watch.observe([1, 2], halfHourMs);
    expect(watch.takeDoubts(halfHourMs + 1001)).toEqual([a]);
    watch.excuse(a, halfHourMs + 1001);
    expect(watch.takeDoubts(2 * halfHourMs)).toEqual([]);
    watch.confirm(b, 2 * halfHourMs);
    expect(watch.failures).toEqual([]);
    expect(watch.takeDoubts(2 * halfHourMs + 1002)).toEqual([a, b]);
    watch.confirm(a, 2 * halfHourMs + 1002);
    expect(watch.failures).toMatchObject([{ stream: a, state: 'stale', isProven: true }]);
    expect(watch.takeRetries(2 * halfHourMs + 1002)).toEqual([a]);
    watch.observe([2, 2], 2 * halfHourMs + 2000);
    expect(watch.failures).toEqual([]);
  });
});

test('time in which nothing was read is held against no stream', () => {
  const watch = open();
  const counts = deliver(watch, 100_000);
  watch.restart(200_000);
  expect(watch.observe(counts, 205_000)).toEqual([]);
});

test('a refused stream fails until it is acknowledged', () => {
  const watch = new StreamWatch(streams, new Map());
  watch.refuse(a, 0);
  expect(watch.failures).toMatchObject([{ stream: a, state: 'refused', isProven: true }]);
  expect(watch.takeRetries(0)).toEqual([]);
  watch.acknowledge(a, 10);
  expect(watch.failures).toEqual([]);
});
