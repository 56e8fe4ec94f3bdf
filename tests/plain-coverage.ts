// A second, plain reading of when the collector was listening, from the lines of one symbol's parts.
// One list of lines per part, in the order of writing. Shares no code with the transformer.

import type { PlainInterval } from './plain-bars.ts';

/** Intervals in exchange time, µs; they may overlap. */
export function readCoverage(parts: readonly (readonly string[])[]): PlainInterval[] {
  const intervals: PlainInterval[] = [];
  const open = new Map<string, { endRecv: number; interval: PlainInterval }>();
  for (const lines of parts) {
    const read = lines.map((line) => JSON.parse(line));
    const trades = read.filter(({ msg }) => msg?.data.e === 'trade');
    const eventUs = (time: number) => (time < 1e14 ? time * 1000 : time);
    const offsets = trades.map(({ recv, msg }) => eventUs(msg.data.E) - recv).sort((a, b) => a - b);
    const offset = offsets[Math.floor((offsets.length - 1) / 2)] ?? 0;
    const seen = new Set<string>();
    for (const conn of new Set<string>(read.map((line) => line.conn))) {
      const own = read.filter((line) => line.conn === conn);
      const began = own.filter(({ event }) => event === 'subscribed').at(-1);
      const ended = own.find(({ event }) => event === 'close');
      const fromRecv = (began ?? own[0]).recv;
      const toRecv = (ended ?? own.at(-1)).recv;
      const events = own
        .filter(({ msg }) => msg?.data.e === 'trade')
        .map(({ msg }) => eventUs(msg.data.E));
      const interval = {
        fromUs: events.reduce((a, b) => Math.min(a, b), fromRecv + offset),
        toUs: events.reduce((a, b) => Math.max(a, b), toRecv + offset),
      };
      const earlier = open.get(conn);
      if (began === undefined && earlier !== undefined && fromRecv - earlier.endRecv <= 1e6) {
        interval.fromUs = Math.min(interval.fromUs, earlier.interval.toUs);
      }
      intervals.push(interval);
      if (ended === undefined) {
        open.set(conn, { endRecv: toRecv, interval });
        seen.add(conn);
      }
    }
    for (const conn of open.keys()) if (!seen.has(conn)) open.delete(conn);
  }
  return mergeTouching(intervals);
}

function mergeTouching(intervals: readonly PlainInterval[]): PlainInterval[] {
  const merged: PlainInterval[] = [];
  for (const { fromUs, toUs } of [...intervals].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = merged.at(-1);
    if (last !== undefined && fromUs <= last.toUs) last.toUs = Math.max(last.toUs, toUs);
    else merged.push({ fromUs, toUs });
  }
  return merged;
}
