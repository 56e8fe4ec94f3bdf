import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../lake/clock.ts';
import { findNextMs, type Schedule, startSchedule } from './schedule.ts';

const midnightMs = Date.parse('2026-11-20T00:00:00Z');
const hourMs = 3_600_000;

describe('findNextMs', () => {
  it.each<[string, Schedule, number, number]>([
    ['every 10 s, at the start', { everyMs: 10_000 }, 0, 10_000],
    ['every 10 s, when due', { everyMs: 10_000 }, 10_000, 20_000],
    ['every 10 s, after a long pause', { everyMs: 10_000 }, 55_000, 60_000],
    ['daily at 2:00 UTC', { cron: '0 2 * * *' }, 0, 2 * hourMs],
    ['daily at 2:00 UTC, when due', { cron: '0 2 * * *' }, 2 * hourMs, 26 * hourMs],
  ])('%s', (_title, schedule, nowMs, nextMs) => {
    expect(findNextMs(schedule, midnightMs, midnightMs + nowMs)).toBe(midnightMs + nextMs);
  });
});

describe('startSchedule', () => {
  let wallOffsetMs = 0;
  const clock: Clock = {
    nowUs: () => (Date.now() + wallOffsetMs) * 1000,
    monotonicMs: () => Date.now() - midnightMs,
  };
  beforeEach(() => {
    wallOffsetMs = 0;
    vi.useFakeTimers({ now: midnightMs });
  });
  afterEach(() => vi.useRealTimers());

  function start(schedule: Schedule) {
    const due: number[] = [];
    const started = startSchedule(schedule, clock, () => due.push(Date.now() - midnightMs));
    return { due, ...started };
  }

  it('is due at every interval, until stopped', () => {
    const { due, stop } = start({ everyMs: 90_000 });
    vi.advanceTimersByTime(300_000);
    stop();
    vi.advanceTimersByTime(300_000);
    expect(due).toEqual([90_000, 180_000, 270_000]);
  });

  it('keeps its interval when the wall clock is set', () => {
    const { due, stop } = start({ everyMs: 90_000 });
    wallOffsetMs = -86_400_000;
    vi.advanceTimersByTime(100_000);
    wallOffsetMs = 86_400_000;
    vi.advanceTimersByTime(100_000);
    stop();
    expect(due).toEqual([90_000, 180_000]);
  });

  it('is due by the wall clock where it has a cron expression', () => {
    const { due, stop } = start({ cron: '0 2 * * *' });
    wallOffsetMs = hourMs;
    vi.advanceTimersByTime(3 * hourMs);
    stop();
    expect(due).toEqual([hourMs]);
  });

  it('survives waits beyond the longest timer', () => {
    const { due, stop } = start({ cron: '0 0 1 * *' });
    vi.advanceTimersByTime(11 * 24 * hourMs - 1);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    stop();
    expect(due).toEqual([11 * 24 * hourMs]);
  });
});
