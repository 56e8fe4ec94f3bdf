// The parameters of the API's requests: what each means, and from text to value. The same schemas make the OpenAPI
// document. What is wrong is said in words that never repeat what was sent. Holds no effects.

import { z } from 'zod';
import { findNearest } from '../../lake/config-key.ts';
import { isSymbol } from '../../lake/config-schema.ts';
import { intervals } from '../../lake/interval.ts';
import { formats } from './question.ts';
import { Refusal } from './refusal.ts';

/** Times lie within these years: nothing was traded before, and nothing is known of what comes later. */
const years = { first: 2000, last: 2199 };
const maxTextLength = 64;

export const symbol = z
  .string('must be given once, such as symbol=BTCUSDT')
  .refine(isSymbol, 'must be a symbol as the exchange names it, in capitals, such as BTCUSDT')
  .meta({ description: 'Symbol as the exchange names it, in capitals.', example: 'BTCUSDT' });

const maxStreamSymbols = 50;

export const symbolList = z
  .string('must be given once, such as symbol=BTCUSDT,ETHUSDT')
  .transform((text) => [...new Set(text.split(','))])
  .refine(
    (list) => list.length <= maxStreamSymbols && list.every(isSymbol),
    `must be up to ${maxStreamSymbols} symbols as the exchange names them, separated by commas`,
  )
  .meta({ description: 'Symbols, separated by commas.', example: 'BTCUSDT,ETHUSDT' });

export const exchange = z
  .string('must be given once')
  .regex(/^[a-z0-9_-]{1,32}$/, 'must be the name of an exchange as /api/symbols has it')
  .optional()
  .meta({ description: 'May be left out where the symbol is on one exchange only.' });

export const interval = z
  .enum(intervals, `must be one of ${intervals.join(', ')}`)
  .meta({ description: 'Length of a bar.' });

export const format = z
  .enum(formats, `must be one of ${formats.join(', ')}`)
  .optional()
  .meta({
    description: 'Of the answer; the header Accept may say it, too. JSON where neither does.',
  });

export const atOnce = z
  .enum(['1'], 'must be 1, or be left out')
  .optional()
  .meta({
    description:
      '1: does not wait for raw that nobody has looked at for a while, where there is something to answer. ' +
      'What it says comes with `/api/stream`, asked for `from` the last row.',
  });

export const download = z
  .enum(['0', '1'], 'must be 1 or left out')
  .optional()
  .meta({ description: '1: as a file to save, with a name that says what is in it.' });

const timeText =
  'must be a time such as 2026-11-21T10:00:00Z, a day such as 2026-11-21, or milliseconds since 1970';

function time(description: string) {
  return z
    .string('must be given once')
    .max(maxTextLength, timeText)
    .transform((text, context) => {
      const timeUs = parseTimeUs(text);
      if (timeUs !== undefined) return timeUs;
      context.addIssue({ code: 'custom', message: `${timeText}, from ${years.first} on` });
      return z.NEVER;
    })
    .optional()
    .meta({ description: `${description} ISO 8601, a day, or milliseconds since 1970; UTC.` });
}

export const from = time('First moment, inclusive.');
export const to = time('Last moment, exclusive.');

export function limit(max: number) {
  const text = `must be a whole number from 1 to ${max}`;
  return z
    .string('must be given once')
    .regex(/^\d{1,9}$/, text)
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, text)
    .optional()
    .meta({ description: `At most so many rows, 1 to ${max}.` });
}

/** The values of a query string. Throws Refusal with 400, every problem named. */
export function parseParameters<Schema extends z.ZodObject>(
  schema: Schema,
  given: unknown,
): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const problems = result.error.issues.flatMap((issue) => describe(issue, known));
  throw new Refusal(400, `bad request: ${[...new Set(problems)].join('; ')}`);
}

function describe(issue: z.core.$ZodIssue, known: readonly string[]): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.')} ${issue.message}`];
  const there = known.length === 0 ? 'none is taken here' : `there are ${known.join(', ')}`;
  return issue.keys.map((key) => {
    const nearest = findNearest(key.slice(0, maxTextLength), known);
    const meant = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
    return `unknown parameter${meant}: ${there}`;
  });
}

/** Throws Refusal where the range is empty. */
export function checkRange(range: { from?: number | undefined; to?: number | undefined }): void {
  if (range.from === undefined || range.to === undefined || range.from < range.to) return;
  throw new Refusal(400, 'bad request: from must be before to');
}

/** µs since the epoch; undefined where the text is no time. */
export function parseTimeUs(text: string): number | undefined {
  const ms = /^\d{9,15}$/.test(text) ? Number(text) : parseIsoMs(text);
  if (ms === undefined || Number.isNaN(ms)) return undefined;
  const isWithin = ms >= Date.UTC(years.first, 0) && ms < Date.UTC(years.last + 1, 0);
  return isWithin ? ms * 1000 : undefined;
}

function parseIsoMs(text: string): number | undefined {
  const found =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (found === null) return undefined;
  const [, day, clock = '00:00', zone = 'Z'] = found;
  const ms = Date.parse(`${day}T${clock}${zone}`);
  // A 30th of February would become a day of March.
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day!) === true;
  return isDay ? ms : undefined;
}
