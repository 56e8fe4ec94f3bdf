import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSystemClock } from './clock.ts';

let monotonicMs: number;
let wallMs: number;

beforeEach(() => {
  monotonicMs = 5000.25;
  wallMs = performance.timeOrigin + monotonicMs;
  vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
  vi.spyOn(Date, 'now').mockImplementation(() => Math.trunc(wallMs));
});
afterEach(() => vi.restoreAllMocks());

function pass(ms: number): void {
  monotonicMs += ms;
  wallMs += ms;
}

describe('openSystemClock', () => {
  it('resolves microseconds between two milliseconds of the wall clock', () => {
    const clock = openSystemClock();
    const beforeUs = clock.nowUs();
    pass(0.125);
    expect(clock.nowUs() - beforeUs).toBe(125);
    expect(Number.isInteger(clock.nowUs())).toBe(true);
  });

  it('does not move by itself while the wall clock runs on', () => {
    const clock = openSystemClock();
    for (let i = 0; i < 100; i++) {
      const beforeUs = clock.nowUs();
      pass(1000.125);
      expect(clock.nowUs() - beforeUs).toBe(1_000_125);
    }
  });

  it('follows the wall clock within a second when that is set, forward or back', () => {
    const clock = openSystemClock();
    for (const stepMs of [60_000, -3_600_000]) {
      wallMs += stepMs;
      pass(1000);
      expect(Math.abs(clock.nowUs() - wallMs * 1000)).toBeLessThan(1500);
    }
  });

  it('measures intervals on a clock that no setting of the wall clock moves', () => {
    const clock = openSystemClock();
    const startMs = clock.monotonicMs();
    wallMs -= 86_400_000;
    monotonicMs += 10;
    expect(clock.monotonicMs() - startMs).toBeCloseTo(10);
  });
});
