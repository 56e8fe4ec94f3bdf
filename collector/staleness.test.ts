import { describe, expect, test } from 'vitest';
import { beginHealth, observeStream, type StreamHealth } from './staleness.ts';
import { drawFrames, openRandom, type StreamModel } from './stream-model.ts';
import { isLearnt, recallRate } from './stream-rate.ts';

const lookS = 0.25;
const hourS = 3600;
/** Stretches of days looked at per model. */
const nights = Number(process.env.LAKE_TEST_NIGHTS ?? 1);

type Run = { health: StreamHealth; timeS: number; alarms: number };

/** Looks at a stream for so long, four times a second. */
function watch(model: StreamModel, seconds: number, seed: number, from?: Run): Run {
  const random = openRandom(seed);
  let { health, timeS, alarms } = from ?? { health: beginHealth(0), timeS: 0, alarms: 0 };
  for (const endS = timeS + seconds; timeS < endS; timeS += lookS) {
    const frames = drawFrames(model, timeS, lookS, random);
    const { state } = health;
    health = observeStream(health, frames, (timeS + lookS) * 1000);
    if (health.state === 'stale' && state === 'live') alarms++;
  }
  return { health, timeS, alarms };
}

/** How long after its last frame a stream that stops is stale, s. */
function stop({ health, timeS }: Run, limitS = 200 * hourS): number {
  const lastMs = health.lastMs;
  let now = health;
  for (let ms = timeS * 1000; ms < lastMs + limitS * 1000; ms += 250) {
    now = observeStream(now, 0, ms);
    if (now.state !== 'live') return (ms - lastMs) / 1000;
  }
  return Number.POSITIVE_INFINITY;
}

const steady = (perSecond: number) => ({ perSecond, burst: 1, followsDay: true });
const bursty = (perSecond: number) => ({ perSecond, burst: 1000, followsDay: true });

describe('a modelled stretch from Thursday noon to Monday', () => {
  const stretchS = 3.5 * 24 * hourS;

  test.each([
    ['one frame in 10 minutes', steady(1 / 600)],
    ['one frame in 20 s', steady(1 / 20)],
    ['one frame in 5 s', steady(0.2)],
    ['3 frames per second', steady(3)],
    ['500 frames per second', steady(500)],
    ['1000 frames every 2 minutes', bursty(1 / 120)],
    ['1000 frames every 10 minutes', bursty(1 / 600)],
  ])('raises no alarm for %s, through nights and a weekend', (_name, model) => {
    for (let seed = 1; seed <= nights; seed++) {
      expect(watch(model, stretchS, seed).alarms, `seed ${seed}`).toBe(0);
    }
  });
});

describe('a stream that stops', () => {
  test.each([2, 3, 5, 20, 100, 500])('of %d frames per second is stale within 10 s', (rate) => {
    const model = { perSecond: rate, burst: 1, followsDay: false };
    for (const seed of [1, 2, 3]) {
      expect(stop(watch(model, hourS, seed))).toBeLessThanOrEqual(10);
      expect(stop(watch(model, 90, seed))).toBeLessThanOrEqual(12);
    }
  });

  test.each([
    ['one frame per second', 1, 40],
    ['one frame in 5 s', 0.2, 180],
    ['one frame in a minute', 1 / 60, 3 * hourS],
    ['one frame in ten minutes', 1 / 600, 48 * hourS],
  ])('is stale by its own measure: %s', (_name, perSecond, withinS) => {
    const model = { perSecond, burst: 1, followsDay: false };
    const run = watch(model, 30 / perSecond + 6 * hourS, 5);
    const tookS = stop(run);
    expect(tookS).toBeGreaterThan(15 / perSecond);
    expect(tookS).toBeLessThanOrEqual(withinS);
  });

  test('busy by night and by day is noticed at both in 10 s', () => {
    const model = steady(30);
    expect(stop(watch(model, 11 * hourS, 7))).toBeLessThanOrEqual(10);
    expect(stop(watch(model, 24 * hourS, 7))).toBeLessThanOrEqual(10);
  });

  test('hides no longer after it had failed for half an hour', () => {
    const model = { perSecond: 5, burst: 1, followsDay: false };
    const before = watch(model, hourS, 3);
    let { health } = before;
    for (let s = 0; s < 1800; s += lookS) {
      health = observeStream(health, 0, (before.timeS + s) * 1000);
    }
    expect(health.state).toBe('stale');
    const again = watch(model, 60, 4, { ...before, health, timeS: before.timeS + 1800 });
    expect(stop(again)).toBeLessThanOrEqual(10);
  });
});

describe('a rate that was learnt before', () => {
  const busy = watch({ perSecond: 10, burst: 1, followsDay: false }, hourS, 1).health.rate;

  test('shows within 10 s that a busy stream is silent', () => {
    const health = beginHealth(0, recallRate(busy, 60_000));
    expect(observeStream(health, 0, 7500).state).toBe('live');
    expect(observeStream(health, 0, 9500).state).toBe('silent');
  });

  test('by day raises no alarm by night, ten times as quiet', () => {
    const day = watch({ perSecond: 2, burst: 1, followsDay: false }, hourS, 1).health.rate;
    const health = beginHealth(0, recallRate(day, 8 * hourS * 1000));
    const night = { perSecond: 0.2, burst: 1, followsDay: false };
    for (let seed = 1; seed <= 50; seed++) {
      expect(watch(night, hourS, seed, { health, timeS: 0, alarms: 0 }).alarms).toBe(0);
    }
  });

  test('a busy stream that ends before its rate is learnt is suspected a minute later', () => {
    const { health } = watch({ perSecond: 40, burst: 1, followsDay: false }, 30, 1);
    expect(isLearnt(health.rate)).toBe(false);
    expect(observeStream(health, 0, health.lastMs + 59_000).state).toBe('live');
    expect(observeStream(health, 0, health.lastMs + 61_000).state).toBe('stale');
  });

  test('a stream of unknown rate is silent within 10 s and stale never', () => {
    expect(observeStream(beginHealth(0), 0, 9750).state).toBe('silent');
    const { health } = watch({ perSecond: 1, burst: 1, followsDay: false }, 20, 1);
    expect(isLearnt(health.rate)).toBe(false);
    expect(observeStream(health, 0, 12 * hourS * 1000).state).toBe('live');
  });
});
