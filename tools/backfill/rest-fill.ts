// Fetches trades from REST into raw parts: by id in as few requests as there can be, or by time, which
// is turned into ids first.

import { RestError } from '../../exchanges/rest-error.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { FillWork } from './fill-work.ts';
import {
  countIds,
  type IdRange,
  intersectRanges,
  mergeRanges,
  subtractRanges,
} from './id-ranges.ts';
import { planPages } from './page-plan.ts';
import type { VenueAccess } from './venue-access.ts';

/** What REST answered of the ids it was asked for. */
export type RestOutcome = {
  trades: number;
  /** Asked for and not there. */
  absent: IdRange[];
};

/** The exchange bounds how far apart the two times of a request may lie. */
const windowUs = 3_600_000_000 - 1;
const maxWindows = 1000;
const newline = 0x0a;

/** Fetches the ids of `ranges`. A host that refuses has none of them. */
export async function fillFromRest(
  work: FillWork,
  ranges: readonly IdRange[],
): Promise<RestOutcome> {
  const { exchange } = work.access;
  const wanted = mergeRanges(ranges);
  const found: IdRange[] = [];
  let nextId = 0;
  for (const { fromId, limit } of planPages(wanted, exchange.rest.tradesPerRequest)) {
    const lastId = fromId + limit - 1;
    if (lastId < nextId) continue;
    const page = await fetchPage(work, fromId, limit);
    if (page === undefined) break;
    const { marks } = page;
    if (marks.length === 0) {
      // Nothing is there from this id on, as far as its range goes.
      nextId = wanted.find(([, last]) => last >= fromId)![1] + 1;
      continue;
    }
    // What is not there up to the first trade of the answer need not be asked for again.
    if (marks[0]!.id > lastId) nextId = marks[0]!.id;
    const ids = intersectRanges(mergeRanges(marks.map(({ id }): IdRange => [id, id])), wanted);
    if (ids.length === 0) continue;
    await work.parts.append({ source: 'rest', ...page });
    found.push(...ids);
    work.onTrades(countIds(ids));
  }
  return { trades: countIds(mergeRanges(found)), absent: subtractRanges(wanted, found) };
}

/** One answer as a raw line holds it; undefined where the host refuses. */
async function fetchPage(work: FillWork, fromId: number, limit: number) {
  const { access, instrument, signal, log } = work;
  const { rest } = access.exchange;
  const request = rest.formatTrades(instrument.symbol, fromId, limit);
  try {
    const { body, receivedUs } = await access.rest.get(request, signal);
    return { rows: dropNewlines(body), marks: rest.parseTrades(body), receivedUs };
  } catch (thrown) {
    if (!isRefused(thrown)) throw thrown;
    if (thrown.status !== 404) log.warn(thrown.message);
    return undefined;
  }
}

/** The host does not serve the request, or not for this symbol any more. */
function isRefused(thrown: unknown): thrown is RestError {
  return thrown instanceof RestError && (thrown.status === 404 || thrown.status === 400);
}

/** JSON holds a newline between tokens only, where a space says the same. */
function dropNewlines(body: Buffer): Buffer {
  const text = Buffer.from(body);
  for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, at)) text[at] = 0x20;
  return text;
}

/** The ids of the trades with `fromUs` <= time <= `toUs`; undefined where REST knows none. */
export async function findIdsOfSpan(
  work: FillWork,
  fromUs: number,
  toUs: number,
): Promise<IdRange | undefined> {
  const { access, instrument, clock, signal, log } = work;
  const { rest } = access.exchange;
  const first = await findFirstId(work, fromUs, toUs).catch((thrown) => {
    if (!isRefused(thrown)) throw thrown;
    log.warn(thrown.message);
    return undefined;
  });
  if (first === undefined) return undefined;
  const after = await findFirstId(work, toUs + 1, clock.nowUs());
  if (after !== undefined) return [first, after - 1];
  const request = rest.formatLatestAggregates(instrument.symbol, 1);
  const { body } = await access.rest.get(request, signal);
  const latest = rest.parseAggregates(body).at(-1);
  return latest === undefined ? undefined : [first, Math.max(first, latest.lastId)];
}

/** The id of the first trade with `fromUs` <= time <= `toUs`. */
async function findFirstId(
  { access, instrument, signal }: FillWork,
  fromUs: number,
  toUs: number,
): Promise<number | undefined> {
  const { rest } = access.exchange;
  let windows = 0;
  for (let startUs = fromUs; startUs <= toUs; startUs += windowUs + 1) {
    if (windows++ === maxWindows) {
      const { symbol } = instrument;
      throw new OperationalError(`find trades of ${symbol}: none within ${maxWindows} hours`, {
        hint: 'ask for a time in which the symbol was traded',
      });
    }
    const endUs = Math.min(toUs, startUs + windowUs);
    const request = rest.formatAggregates(instrument.symbol, startUs, endUs, 1);
    const { body } = await access.rest.get(request, signal);
    const [aggregate] = rest.parseAggregates(body);
    if (aggregate !== undefined) return aggregate.firstId;
  }
  return undefined;
}

/** When the symbol was first traded, µs since the epoch; 0 where REST does not say. */
export async function findFirstTradeUs(
  { exchange, rest: client }: VenueAccess,
  symbol: string,
  signal: AbortSignal,
): Promise<number> {
  try {
    const { body } = await client.get(exchange.rest.formatTrades(symbol, 0, 1), signal);
    return exchange.rest.parseTrades(body)[0]?.timeUs ?? 0;
  } catch (thrown) {
    if (isRefused(thrown)) return 0;
    throw thrown;
  }
}
