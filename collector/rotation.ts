// When a part ends. Decides only; the recorder acts. Time is the monotonic clock's, the day is that of
// the receive time. Deadlines lie on a grid per symbol, shifted against each other, so that a
// thousand symbols do not seal in the same moment.

import { type Day, formatDay, startOfDayUs, usPerDay } from '../lake/day.ts';

export type RotationLimits = {
  everyMs: number;
  maxBytes: number;
  /** 0 for no limit. */
  maxFrames: number;
};

export function planRotationLimits(config: {
  rotate_seconds: number;
  rotate_max_megabytes: number;
  rotate_max_messages: number;
}): RotationLimits {
  return {
    everyMs: config.rotate_seconds * 1000,
    maxBytes: config.rotate_max_megabytes * 1_000_000,
    maxFrames: config.rotate_max_messages || Number.POSITIVE_INFINITY,
  };
}

/** The first deadline of symbol `index` of `count`: at most one period from now. */
export function planFirstRotationMs(
  nowMs: number,
  everyMs: number,
  index: number,
  count: number,
): number {
  return nowMs + (everyMs * (index + 1)) / count;
}

/** The deadline after `dueMs` that lies ahead of `nowMs`, on the same grid. */
export function planNextRotationMs(dueMs: number, nowMs: number, everyMs: number): number {
  return dueMs + everyMs * (Math.floor(Math.max(0, nowMs - dueMs) / everyMs) + 1);
}

/** A UTC day and its bounds in µs; `endUs` belongs to the next day. */
export type DaySpan = { day: Day; startUs: number; endUs: number };

export function findDaySpan(timeUs: number): DaySpan {
  const day = formatDay(timeUs);
  const startUs = startOfDayUs(day);
  return { day, startUs, endUs: startUs + usPerDay };
}

/** Longest time by which the turn of the day may be noticed late and still count as noticed in time. */
const maxLateUs = 5_000_000;

/** The wall clock, µs, and the monotonic one, ms, of one moment. */
export type Moment = { us: number; ms: number };

/** Within a part of an hour two clocks drift apart by less. */
const maxDriftUs = 5_000_000;

/** Whether the wall clock was set between two moments. */
export function isClockSet(then: Moment, now: Moment): boolean {
  return Math.abs(now.us - then.us - (now.ms - then.ms) * 1000) > maxDriftUs;
}

/**
 * The receive times of the control lines that end a part and begin the next. At the turn of the day
 * both are midnight exactly, so that listening goes on without a hole. Where the clock was set, the
 * old part ends with its last line: `lastRecvUs`.
 */
export function planTurnUs(
  span: DaySpan,
  nowUs: number,
  lastRecvUs: number,
  isSet: boolean,
): { endUs: number; beginUs: number } {
  if (isSet) return { endUs: lastRecvUs, beginUs: nowUs };
  if (!isOutside(span, nowUs)) return { endUs: nowUs, beginUs: nowUs };
  const lateUs = nowUs - span.endUs;
  if (lateUs >= 0 && lateUs <= maxLateUs) return { endUs: span.endUs, beginUs: span.endUs };
  return { endUs: lastRecvUs, beginUs: nowUs };
}

export function isOutside(span: DaySpan, timeUs: number): boolean {
  return timeUs < span.startUs || timeUs >= span.endUs;
}
