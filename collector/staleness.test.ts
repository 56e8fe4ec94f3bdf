import { describe, expect, test } from 'vitest';
import { beginHealth, findStaleAfterMs, observeStream, type StreamHealth } from './staleness.ts';

/** The health after frames at an even pace, looked at every second. */
function deliver(health: StreamHealth, perSecond: number, seconds: number): StreamHealth {
  let now = health;
  let owed = 0;
  const startMs = now.lastMs;
  for (let second = 1; second <= seconds; second++) {
    owed += perSecond;
    const frames = Math.floor(owed);
    owed -= frames;
    now = observeStream(now, frames, startMs + second * 1000);
  }
  return now;
}

describe('a stream', () => {
  test('is silent when 60 s after its acknowledgement no frame has come', () => {
    const health = beginHealth(0);
    expect(observeStream(health, 0, 60_000).state).toBe('live');
    expect(observeStream(health, 0, 60_001).state).toBe('silent');
    expect(observeStream(observeStream(health, 0, 60_001), 1, 70_000).state).toBe('live');
  });

  test.each([
    ['busy', 100, 10_000],
    ['one frame per second', 1, 30_000],
    ['one frame per 10 s', 0.1, 300_000],
  ])('is stale after 30 mean intervals, 10 s at least: %s', (_name, perSecond, staleAfterMs) => {
    const health = deliver(beginHealth(0), perSecond, 600);
    expect(findStaleAfterMs(health.rate)).toBeCloseTo(staleAfterMs, -3);
    expect(observeStream(health, 0, health.lastMs + staleAfterMs - 1000).state).toBe('live');
    expect(observeStream(health, 0, health.lastMs + staleAfterMs + 1000).state).toBe('stale');
  });

  test('that comes in bursts is given three of its longest gaps', () => {
    let health = beginHealth(0);
    for (let burst = 1; burst <= 10; burst++) health = observeStream(health, 500, burst * 40_000);
    expect(findStaleAfterMs(health.rate)).toBe(120_000);
  });

  test('is never stale later than 30 min, nor before its rate is known', () => {
    const unknown = deliver(beginHealth(0), 1, 20);
    expect(findStaleAfterMs(unknown.rate)).toBe(1_800_000);
    const rare = deliver(beginHealth(0), 0.005, 20_000);
    expect(findStaleAfterMs(rare.rate)).toBe(1_800_000);
  });

  test('keeps its rate over a reconnect, and is silent on the new connection by it', () => {
    const before = deliver(beginHealth(0), 0.2, 1000);
    const health = beginHealth(5_000_000, before);
    expect(observeStream(health, 0, 5_140_000).state).toBe('live');
    expect(observeStream(health, 0, 5_160_000).state).toBe('silent');
  });
});
