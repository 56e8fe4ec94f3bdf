import { describe, expect, it } from 'vitest';
import { findCascade, isFailure, keepRecent, planStartWaitMs } from './cascade.ts';

const minuteMs = 60_000;
const fail = (service: string, atMs: number) => ({ service, atMs });
const exit = (code: number | null, more = {}) => ({ code, signal: null, upMs: 5, ...more });

describe('isFailure', () => {
  it('counts every end of a service that runs always', () => {
    for (const code of [0, 1, 134, null]) expect(isFailure(exit(code), true)).toBe(true);
  });

  it('counts no verdict of a job: a damaged day must not take the collector down', () => {
    expect(isFailure(exit(0), false)).toBe(false);
    expect(isFailure(exit(1), false)).toBe(false);
  });

  it('counts a job that was killed, was never started or ended as no mode does', () => {
    expect(isFailure(exit(null, { signal: 'SIGKILL' }), false)).toBe(true);
    expect(isFailure(exit(null, { reason: 'spawn ENOMEM' }), false)).toBe(true);
    expect(isFailure(exit(134), false)).toBe(true);
  });
});

describe('findCascade', () => {
  it('is two different services within 60 s', () => {
    const failures = [fail('transform', 0), fail('collect', minuteMs)];
    expect(findCascade(failures, minuteMs)).toBe('transform and collect failed within 60 s');
    expect(findCascade(failures, minuteMs + 1)).toBeUndefined();
  });

  it('is one service more than three times within an hour', () => {
    const failures = [0, 10, 20, 60].map((minute) => fail('collect', minute * minuteMs));
    expect(findCascade(failures.slice(0, 3), 20 * minuteMs)).toBeUndefined();
    expect(findCascade(failures, 60 * minuteMs)).toBe('collect failed 4 times within an hour');
    expect(findCascade(failures, 60 * minuteMs + 1)).toBeUndefined();
  });

  it('forgets what is too old to count', () => {
    const failures = [fail('collect', 0), fail('collect', 60 * minuteMs)];
    expect(keepRecent(failures, 60 * minuteMs + 1)).toEqual([fail('collect', 60 * minuteMs)]);
  });
});

it('waits longer with every bad end, and never more than five minutes', () => {
  expect([0, 1, 2, 3, 4, 5, 20].map((ends) => planStartWaitMs(ends) / 1000)).toEqual([
    0, 0, 2, 4, 8, 16, 300,
  ]);
});
