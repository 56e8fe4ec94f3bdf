// The combined frames of a recording, `{"stream":"<name>","data":<payload>}`: what a replay has to know
// of them and the one thing it may change, their times.

import type { Trade } from './trade.ts';

export function findSymbol(stream: string): string {
  return stream.slice(0, stream.indexOf('@')).toUpperCase();
}

/** The payload of a combined frame, `{"stream":"...","data":<payload>}`. */
export function unwrapFrame(bytes: Buffer): Buffer {
  const start = bytes.indexOf('"data":') + '"data":'.length;
  return bytes.subarray(start, bytes.length - 1);
}

/** Aggregate ids are not recorded. */
export type RecordedTrade = Omit<Trade, 'aggregateId'> & { symbol: string };

export function parseTrade(bytes: Buffer): RecordedTrade {
  const { E, s, t, p, q, T, m } = JSON.parse(bytes.toString('utf8')).data;
  const id: number = t;
  const price: string = p;
  const quantity: string = q;
  const buyerIsMaker: boolean = m;
  const symbol: string = s;
  return { symbol, id, price, quantity, timeUs: toUs(T), eventUs: toUs(E), buyerIsMaker };
}

/** 13 digits are milliseconds, 16 are microseconds. */
function toUs(time: number): number {
  return time < 100_000_000_000_000 ? time * 1000 : time;
}

/** Moves the times of a frame; in a kline `t` is a time, in a trade it is the id. */
export function shiftTimes(bytes: Buffer, stream: string, shiftMs: number): Buffer {
  const keys = stream.includes('@kline_')
    ? /"([ETt])":(\d{13,16})(?=[,}])/g
    : /"([ET])":(\d{13,16})(?=[,}])/g;
  const shifted = bytes.toString('utf8').replace(keys, (_, key: string, digits: string) => {
    const time = Number(digits) + (digits.length > 13 ? shiftMs * 1000 : shiftMs);
    return `"${key}":${time}`;
  });
  return Buffer.from(shifted);
}
