// The API's requests for data: where each is, what it takes, and which question it is to the data process. Routes and
// the OpenAPI document are made from this one list. Holds no effects.

import { z } from 'zod';
import type { Interval } from '../../lake/interval.ts';
import {
  atOnce,
  checkRange,
  download,
  exchange,
  format,
  from,
  interval,
  limit,
  symbol,
  to,
} from './parameters.ts';
import type { DataQuestion, Format, WantedRows } from './question.ts';
import { toWidthUs } from './question.ts';
import { Refusal } from './refusal.ts';

/** Rows of an answer in JSON, at most, and where nothing is said. */
const maxJsonRows = 10_000;
const defaultRows = 500;
/** Rows any answer can be asked for; `web.export_rows` can be less. */
const maxRows = 100_000_000;

export type Endpoint<Query extends z.ZodObject = z.ZodObject> = {
  path: `/api/${string}`;
  summary: string;
  query: Query;
  /** Whether rows are answered, which can be had in several formats. */
  hasFormats: boolean;
  /** The question. Throws Refusal. */
  ask(query: z.output<Query>, format: Format, exportRows: number): DataQuestion;
  /** Of a file to download, without its ending. */
  nameFile?(query: z.output<Query>): string;
};

/** Keeps the type of `query` for `ask`. */
function define<Query extends z.ZodObject>(endpoint: Endpoint<Query>): Endpoint {
  return endpoint as unknown as Endpoint;
}

const rowsQuery = { symbol, exchange, from, to, limit: limit(maxRows), format, download };
const daysQuery = z.strictObject({ symbol: symbol.optional(), exchange, from, to });

export const endpoints: readonly Endpoint[] = [
  define({
    path: '/api/symbols',
    summary: 'The symbols of the lake, their days, and whether they are being recorded.',
    query: z.strictObject({}),
    hasFormats: false,
    ask: () => ({ about: 'symbols' }),
  }),
  define({
    path: '/api/bars',
    summary:
      'Bars of one symbol, ascending, down to the running second. Without `from` the last ones before `to`. ' +
      'An interval that was not observed has no row.',
    query: z.strictObject({ ...rowsQuery, interval, at_once: atOnce }),
    hasFormats: true,
    ask: ({ interval, at_once, ...query }, format, exportRows) => {
      const rows = planRows(query, format, exportRows);
      checkSpan(rows, interval, exportRows);
      return { about: 'bars', interval, isAtOnce: at_once === '1', ...rows };
    },
    nameFile: ({ symbol, interval, ...query }) => nameFile(`${symbol}_${interval}`, query),
  }),
  define({
    path: '/api/trades',
    summary: 'Trades of one symbol, by id. Without `from` the last ones before `to`.',
    query: z.strictObject(rowsQuery),
    hasFormats: true,
    ask: (query, format, exportRows) => ({
      about: 'trades',
      ...planRows(query, format, exportRows),
    }),
    nameFile: ({ symbol, ...query }) => nameFile(`${symbol}_trades`, query),
  }),
  define({
    path: '/api/latest',
    summary: 'The last trade and the last best bid and ask of one symbol.',
    query: z.strictObject({ symbol, exchange }),
    hasFormats: false,
    ask: (query) => ({ about: 'latest', ...query }),
  }),
  define({
    path: '/api/quality',
    summary: 'How complete the lake is: a row for each symbol and day.',
    query: daysQuery,
    hasFormats: false,
    ask: (query) => ({ about: 'quality', ...planDays(query) }),
  }),
  define({
    path: '/api/gaps',
    summary:
      'What is missing: a row for each stretch of seconds or trade ids. Missing trades lie between from_time and to_time.',
    query: daysQuery,
    hasFormats: false,
    ask: (query) => ({ about: 'gaps', ...planDays(query) }),
  }),
  define({
    path: '/api/schema',
    summary: 'Views, columns and macros that SQL can use.',
    query: z.strictObject({}),
    hasFormats: false,
    ask: () => ({ about: 'schema' }),
  }),
];

type RowsQuery = {
  symbol: string;
  exchange?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  limit?: number | undefined;
};

/** A file holds all of the range where nothing else is said. */
function planRows(query: RowsQuery, format: Format, exportRows: number): WantedRows {
  checkRange(query);
  const { symbol, exchange, from: fromUs, to: toUs } = query;
  const most = format === 'json' ? maxJsonRows : exportRows;
  const usual = format === 'json' || fromUs === undefined ? defaultRows : exportRows;
  const limit = query.limit ?? Math.min(usual, most);
  const isCutWanted = query.limit !== undefined || fromUs === undefined;
  if (limit <= most) return { symbol, exchange, fromUs, toUs, limit, isCutWanted, format };
  const instead = format === 'json' ? ', or format=csv, parquet or arrow for more' : '';
  throw new Refusal(400, `bad request: limit must be at most ${most} here${instead}`);
}

/** A range that nobody can want as a whole is a mistake, and costs time before it is cut. */
function checkSpan({ fromUs, toUs }: WantedRows, interval: Interval, exportRows: number): void {
  if (fromUs === undefined || toUs === undefined) return;
  if ((toUs - fromUs) / toWidthUs(interval) <= Math.max(exportRows, maxJsonRows)) return;
  throw new Refusal(
    400,
    `bad request: from and to are more than ${exportRows} bars apart; ask for less at a time, or a longer interval`,
  );
}

type DaysQuery = Omit<RowsQuery, 'symbol'> & { symbol?: string | undefined };

function planDays(query: DaysQuery) {
  checkRange(query);
  const { symbol, exchange, from: fromUs, to: toUs } = query;
  return { symbol, exchange, fromUs, toUs };
}

/** `BTCUSDT_1m_20261121T100000Z`: what it begins with, and its range where one was given. */
function nameFile(stem: string, { from, to }: Pick<RowsQuery, 'from' | 'to'>): string {
  const times = [from, to].filter((us) => us !== undefined).map(formatStamp);
  return [stem, ...times].join('_');
}

function formatStamp(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').concat('Z');
}
