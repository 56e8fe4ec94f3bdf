// Moments as callers write them, brought to microseconds since the epoch. Holds no effects, and knows no local time.

import { isDay } from '../lake/day.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Time, TimeSpan } from './rows.ts';

/** `[startUs, stopUs)` in microseconds since the epoch. */
export type Span = { startUs: number; stopUs: number };

/** All that a number of microseconds can say exactly: 1970 to 2255. */
export const wholeSpan: Span = { startUs: 0, stopUs: Number.MAX_SAFE_INTEGER };

const isoTime =
  /^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<minute>\d{2}:\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,6}))?)?(?<zone>Z|[+-]\d{2}:\d{2})?)?$/;

/** The span asked for. Throws OperationalError where an end is no moment, or they are the wrong way round. */
export function parseSpan({ from, to }: TimeSpan): Span {
  const startUs = from === undefined ? wholeSpan.startUs : parseTimeUs('from', from);
  const stopUs = to === undefined ? wholeSpan.stopUs : parseTimeUs('to', to);
  if (startUs > stopUs) {
    throw new OperationalError(
      `read span: from ${formatTimeUs(startUs)} lies after to ${formatTimeUs(stopUs)}`,
      { hint: 'swap them: from is the first moment, to the first one no longer wanted' },
    );
  }
  return { startUs, stopUs };
}

function parseTimeUs(name: string, time: Time): number {
  const us = typeof time === 'string' ? parseIsoUs(time) : Math.round(Number(time) * 1000);
  if (us >= wholeSpan.startUs && us <= wholeSpan.stopUs) return us;
  throw new OperationalError(`read span: ${name} ${time} is no moment from 1970 to 2255`, {
    hint: 'give a Date, milliseconds since the epoch, or UTC as in 2026-03-01T10:00:00Z',
  });
}

function parseIsoUs(text: string): number {
  const { day, minute, second, fraction, zone } = isoTime.exec(text)?.groups ?? {};
  if (day === undefined || !isDay(day)) return Number.NaN;
  const ms = Date.parse(`${day}T${minute ?? '00:00'}:${second ?? '00'}${zone ?? 'Z'}`);
  return ms * 1000 + Number((fraction ?? '').padEnd(6, '0'));
}

function formatTimeUs(us: number): string {
  return new Date(us / 1000).toISOString();
}
