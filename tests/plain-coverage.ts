// A second, plain reading of when the collector was listening and how far its clock was off, from the lines
// of one symbol's parts. The parts are in the order of their days and numbers. Shares no code with the
// transformer.

import type { PlainInterval } from './plain-bars.ts';

type Line = {
  recv: number;
  conn: string;
  event?: string;
  msg?: { data?: { e: string; E: number } };
  offset_us?: number;
};

/** A part with its day of receipt. */
export type RawPart = { day: string; lines: readonly string[] };

/** A part as read: its lines, and by how much the exchange's clock was ahead by its trades or as measured. */
type PlainPart = { dayNumber: number; lines: Line[]; offset: number | undefined };

const isFill = ({ conn }: Line) => conn === 'rest' || conn === 'archive';
const isTrade = (line: Line) => line.msg?.data?.e === 'trade';
const eventUs = ({ msg }: Line) => (msg!.data!.E < 1e14 ? msg!.data!.E * 1000 : msg!.data!.E);
const lowest = (numbers: number[]) => numbers.reduce((a, b) => Math.min(a, b));
const highest = (numbers: number[]) => numbers.reduce((a, b) => Math.max(a, b));

/** Intervals in exchange time, µs, merged. */
export function readCoverage(parts: readonly RawPart[]): PlainInterval[] {
  const intervals: PlainInterval[] = [];
  let open: (Pick<PlainPart, 'dayNumber'> & {
    conn: string;
    endRecv: number;
    offset: number;
    interval: PlainInterval;
  })[] = [];
  for (const { dayNumber, lines, offset = 0 } of readParts(parts)) {
    for (const { conn, fromRecv, toRecv, began, ended, interval } of listSpans(lines, offset)) {
      // Receive times of one clock can be compared, exchange times always.
      const seamTo = (end: (typeof open)[number]) =>
        lowest([
          Math.abs(interval.fromUs - end.interval.toUs),
          ...(Math.abs(offset - end.offset) <= 5e6 ? [Math.abs(fromRecv - end.endRecv)] : []),
        ]);
      // The end of the same name that is nearest, the later one of two.
      const [earlier] = open
        .filter(
          (end) =>
            end.conn === conn && !began && dayNumber - end.dayNumber <= 1 && seamTo(end) <= 1e6,
        )
        .reverse()
        .sort((a, b) => seamTo(a) - seamTo(b));
      if (earlier !== undefined) {
        interval.fromUs = Math.min(interval.fromUs, earlier.interval.toUs);
        open = open.filter((end) => end !== earlier);
      }
      intervals.push(interval);
      if (!ended) open.push({ dayNumber, conn, endRecv: toRecv, offset, interval });
    }
  }
  return mergeTouching(intervals);
}

/** The offset in a second, ms: the last one that held in it, by the last part that was listening. */
export function readClockOffsets(parts: readonly RawPart[]): (second: number) => number | null {
  const stretches = readParts(parts).flatMap(({ lines, offset }, order) => {
    const heard = listSpans(lines, offset ?? 0).map(({ interval }) => interval);
    if (heard.length === 0) return [];
    const fromUs = lowest(heard.map((interval) => interval.fromUs));
    const toUs = highest(heard.map((interval) => interval.toUs));
    const points = listMeasurements(lines)
      .map(({ recv, offset_us: us }) => ({ atUs: recv + us!, us: us! }))
      .sort((a, b) => a.atUs - b.atUs);
    if (points.length === 0)
      return offset === undefined ? [] : [{ order, fromUs, toUs, us: offset }];
    return points.map(({ atUs, us }, index) => ({
      order,
      fromUs: index === 0 ? fromUs : Math.max(fromUs, atUs),
      toUs: Math.min(toUs, points[index + 1]?.atUs ?? toUs),
      us,
    }));
  });
  return (second) => {
    const [first, end] = [second * 1e6, (second + 1) * 1e6];
    const moments = stretches.map(({ toUs }) => toUs - 1).filter((us) => us >= first && us < end);
    for (const moment of [end - 1, ...moments.sort((a, b) => b - a)]) {
      const holding = stretches.filter(({ fromUs, toUs }) => fromUs <= moment && moment < toUs);
      if (holding.length > 0) return holding.at(-1)!.us / 1000;
    }
    return null;
  };
}

/** Of the measurements within ten seconds the last one. */
function listMeasurements(lines: readonly Line[]): Line[] {
  const measured = lines.filter((line) => line.event === 'clock' && line.offset_us !== undefined);
  const byTime = measured.sort((a, b) => a.recv - b.recv || a.offset_us! - b.offset_us!);
  return [...new Map(byTime.map((line) => [Math.floor(line.recv / 1e7), line])).values()];
}

function readParts(parts: readonly RawPart[]): PlainPart[] {
  const read = parts.map(({ day, lines: texts }): PlainPart => {
    const lines = texts.map((text): Line => JSON.parse(text));
    const offsets = lines.filter(isTrade).map((line) => eventUs(line) - line.recv);
    const middle = Math.floor((offsets.length - 1) / 2);
    const byTrades = offsets.sort((a, b) => a - b)[middle];
    const offset = byTrades ?? listMeasurements(lines).at(-1)?.offset_us;
    return { dayNumber: Date.parse(day) / 86_400_000, lines, offset };
  });
  // What a part does not tell another one does, of the same day of receipt or one beside it.
  return read.map((part, index) => {
    const tells = (other: PlainPart) =>
      other.offset !== undefined && Math.abs(other.dayNumber - part.dayNumber) <= 1;
    const teller = read.slice(0, index + 1).findLast(tells) ?? read.slice(index).find(tells);
    return { ...part, offset: teller?.offset };
  });
}

/** What each connection of a part covers. */
function listSpans(lines: readonly Line[], offset: number) {
  const conns = [...new Set(lines.filter((line) => !isFill(line)).map(({ conn }) => conn))];
  return conns.flatMap((conn) => {
    const own = lines.filter((line) => line.conn === conn);
    const of = (...events: string[]) =>
      own.filter(({ event }) => event !== undefined && events.includes(event));
    const isListening = of('subscribed', 'listening').length > 0 || own.some(({ msg }) => msg);
    if (!isListening) return [];
    const recvs = (chosen: readonly Line[]) => chosen.map(({ recv }) => recv);
    const [subscribed, closed] = [of('subscribed'), of('close')];
    const fromRecv = subscribed.length > 0 ? highest(recvs(subscribed)) : lowest(recvs(own));
    const toRecv = closed.length > 0 ? lowest(recvs(closed)) : highest(recvs(own));
    const events = own.filter(isTrade).map(eventUs);
    const interval = {
      fromUs: lowest([fromRecv + offset, ...events]),
      toUs: highest([toRecv + offset, ...events]),
    };
    const began = of('open', 'subscribed').length > 0;
    return [{ conn, fromRecv, toRecv, began, ended: closed.length > 0, interval }];
  });
}

function mergeTouching(intervals: readonly PlainInterval[]): PlainInterval[] {
  const merged: PlainInterval[] = [];
  for (const { fromUs, toUs } of [...intervals].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = merged.at(-1);
    if (last !== undefined && fromUs <= last.toUs) last.toUs = Math.max(last.toUs, toUs);
    else if (toUs >= fromUs) merged.push({ fromUs, toUs });
  }
  return merged;
}
