// Where the exchange's klines come from: REST, page by page, or the archive's file of a day. Hands them
// out one by one and holds nothing.

import type { ArchiveClient } from '../../exchanges/archive.ts';
import type { Kline, VenueRest } from '../../exchanges/rest.ts';
import type { RestClient } from '../../exchanges/rest-client.ts';
import { type Day, usPerSecond } from '../../lake/day.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { Span } from './spans.ts';

/** The klines of the spans as REST has them, ascending; where it has none there is none. */
export async function* fetchRestKlines(
  client: RestClient,
  rest: VenueRest,
  symbol: string,
  spans: readonly Span[],
  signal: AbortSignal,
): AsyncGenerator<Kline> {
  for (const { from, to } of spans) {
    for (let next = from; next < to; ) {
      const limit = Math.min(rest.klinesPerRequest, to - next);
      const request = rest.formatKlines(symbol, next * usPerSecond, limit);
      const { body } = await client.get(request, signal);
      const klines = rest.parseKlines(body);
      const last = klines.at(-1);
      if (last === undefined) break;
      const after = Math.floor(last.openUs / usPerSecond) + 1;
      if (after <= next) {
        throw new OperationalError(`read klines of ${symbol}: they end before they begin`);
      }
      yield* klines.filter(({ openUs }) => openUs < to * usPerSecond);
      next = after;
    }
  }
}

/** The archive's klines of a day, undefined where it has no file of them. */
export async function openArchiveKlines(
  archive: ArchiveClient,
  symbol: string,
  day: Day,
  signal: AbortSignal,
): Promise<AsyncIterable<Kline> | undefined> {
  const file = await archive.fetchKlines(symbol, day, signal);
  return file.kind === 'absent' ? undefined : file.rows;
}
