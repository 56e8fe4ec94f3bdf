import { describe, expect, test } from 'vitest';
import { StreamWatch } from './stream-watch.ts';

const streams = ['a', 'b'].map((name) => ({ name, symbol: name.toUpperCase(), channel: 'trade' }));

function open(): StreamWatch {
  const watch = new StreamWatch(streams);
  for (const stream of streams) watch.acknowledge(stream, 0);
  return watch;
}

/** Both streams deliver once a second until `endMs`; the counters then. */
function deliver(watch: StreamWatch, endMs: number): number[] {
  for (let nowMs = 1000; nowMs <= endMs; nowMs += 1000) {
    expect(watch.observe([nowMs / 1000, nowMs / 1000], nowMs)).toEqual([]);
  }
  return [endMs / 1000, endMs / 1000];
}

describe('streams of which none delivers', () => {
  test('get one new connection where they have never delivered: they may just be quiet', () => {
    const watch = open();
    expect(watch.observe([0, 0], 60_001).map(({ state }) => state)).toEqual(['silent', 'silent']);
    expect(watch.isDead).toBe(true);
    watch.reset();
    expect(watch.isDead).toBe(false);
    for (const stream of streams) watch.acknowledge(stream, 70_000);
    expect(watch.observe([0, 0], 140_000).length).toBe(2);
    expect(watch.isDead).toBe(false);
    expect(watch.failures.map(({ state }) => state)).toEqual(['silent', 'silent']);
  });

  test('get a new connection each time where they are known to deliver', () => {
    const watch = open();
    const counts = deliver(watch, 100_000);
    watch.observe(counts, 140_000);
    expect(watch.isDead).toBe(true);
    watch.reset();
    for (const stream of streams) watch.acknowledge(stream, 150_000);
    watch.observe([0, 0], 215_000);
    expect(watch.isDead).toBe(true);
  });
});

test('one stream that delivers keeps the connection', () => {
  const watch = open();
  const [a, b] = deliver(watch, 100_000);
  expect(watch.observe([a! + 1, b!], 140_000).map(({ stream }) => stream.name)).toEqual(['b']);
  expect(watch.isDead).toBe(false);
});

test('time in which nothing was read is held against no stream', () => {
  const watch = open();
  const counts = deliver(watch, 100_000);
  watch.restart(200_000);
  expect(watch.observe(counts, 205_000)).toEqual([]);
});
