// Parameters of a REST request, checked, and the errors the exchange answers with.
// Source: github.com/binance/binance-spot-api-docs, rest-api.md and errors.md, 2026-06-01.

import { intervalsUs } from './klines.ts';
import type { Source } from './source.ts';

/** A request the exchange refuses, with its code and message. */
export class RestError extends Error {
  readonly code: number;
  readonly status: number;

  constructor(code: number, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export type RestParameters = {
  symbol(): string;
  /** Between 1 and `max`; more than `max` counts as `max`. */
  limit(standard: number, max: number): number;
  integer(name: string): number | undefined;
  /** Microseconds since the epoch; the client may write milliseconds or microseconds. */
  timeUs(name: string): number | undefined;
  /** Name and length of a kline interval. */
  interval(): { name: string; us: number };
  /** Symbols asked for, or undefined for all of them. */
  symbols(): readonly string[] | undefined;
};

export function readParameters(search: URLSearchParams, source: Source): RestParameters {
  const known = (symbol: string) => {
    if (source.instruments.some((instrument) => instrument.symbol === symbol)) return symbol;
    throw new RestError(-1121, 'Invalid symbol.');
  };
  const integer = (name: string) => {
    const text = search.get(name);
    if (text === null) return undefined;
    if (/^\d{1,20}$/.test(text)) return Number(text);
    const range = `legal range is '^[0-9]{1,20}$'`;
    throw new RestError(-1100, `Illegal characters found in parameter '${name}'; ${range}.`);
  };
  return {
    integer,
    symbol: () => known(require(search, 'symbol')),
    limit: (standard, max) => Math.min(max, Math.max(1, integer('limit') ?? standard)),
    timeUs(name) {
      const time = integer(name);
      // 13 digits are milliseconds, 16 are microseconds.
      return time === undefined || time >= 100_000_000_000_000 ? time : time * 1000;
    },
    interval() {
      const name = require(search, 'interval');
      const us = intervalsUs[name];
      if (us === undefined) throw new RestError(-1120, 'Invalid interval.');
      return { name, us };
    },
    symbols() {
      const one = search.get('symbol');
      if (one !== null) return [known(one)];
      const list = search.get('symbols');
      return list === null ? undefined : parseSymbols(list).map(known);
    },
  };
}

function require(search: URLSearchParams, name: string): string {
  const value = search.get(name);
  if (value !== null && value !== '') return value;
  const reason = 'was not sent, was empty/null, or malformed';
  throw new RestError(-1102, `Mandatory parameter '${name}' ${reason}.`);
}

function parseSymbols(list: string): string[] {
  const match = /^\["[^"]+"(,"[^"]+")*\]$/.exec(list);
  if (match === null) {
    throw new RestError(-1100, `Illegal characters found in parameter 'symbols'.`);
  }
  return JSON.parse(list);
}
