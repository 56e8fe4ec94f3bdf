// How a long answer is read in stretches of time, one statement each: no statement has to sort or hold more than a day of
// bars or some hundred thousand trades, and the first row comes at once. The stretches lie in order, cover every day
// that has rows, and cut no bar. Holds no effects.

import { usPerDay, usPerSecond } from '../lake/day.ts';
import type { Span } from './time.ts';

/** A UTC day that has rows, and how many. */
export type DayRows = { dayUs: number; rows: number };

/** From this Monday on intervals are counted. */
const intervalOriginUs = 946_857_600 * usPerSecond;
const maxBars = 86_400;
const maxTrades = 200_000;

/** Stretches of at most 86,400 bars of so many seconds each. */
export function planBarSlices(days: readonly DayRows[], span: Span, widthSeconds: number): Span[] {
  const sliceUs = maxBars * widthSeconds * usPerSecond;
  const indexes = new Set(
    days.map(({ dayUs }) => Math.floor((dayUs - intervalOriginUs) / sliceUs)),
  );
  return [...indexes].flatMap((index) => {
    const startUs = intervalOriginUs + index * sliceUs;
    return clip({ startUs, stopUs: startUs + sliceUs }, span);
  });
}

/** Stretches of about so many trades: quiet days together, busy ones in equal parts. */
export function planTradeSlices(
  days: readonly DayRows[],
  span: Span,
  maxRows: number = maxTrades,
): Span[] {
  const slices: Span[] = [];
  let rowsOfLast = maxRows;
  for (const { dayUs, rows } of days) {
    const last = slices.at(-1);
    if (last !== undefined && rowsOfLast + rows <= maxRows) {
      last.stopUs = dayUs + usPerDay;
      rowsOfLast += rows;
    } else {
      slices.push(...splitDay(dayUs, Math.ceil(rows / maxRows)));
      rowsOfLast = rows;
    }
  }
  return slices.flatMap((slice) => clip(slice, span));
}

function splitDay(dayUs: number, count: number): Span[] {
  const edgeUs = (index: number) => dayUs + Math.round((usPerDay * index) / count);
  return Array.from({ length: count }, (_, index) => ({
    startUs: edgeUs(index),
    stopUs: edgeUs(index + 1),
  }));
}

function clip(slice: Span, span: Span): Span[] {
  const startUs = Math.max(slice.startUs, span.startUs);
  const stopUs = Math.min(slice.stopUs, span.stopUs);
  return startUs < stopUs ? [{ startUs, stopUs }] : [];
}
