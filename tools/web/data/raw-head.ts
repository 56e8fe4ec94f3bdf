// The last trade and the last quote of a symbol, out of the newest lines of its raw, read as the transformer reads them:
// as fresh as the collector writes them, for a few milliseconds. What was found is kept with how far was read, so that
// only what came since is read again. Changes nothing in raw.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../lake/config.ts';
import { type DuckdbSession, readSql } from '../../../lake/duckdb.ts';
import { type KeptSession, keepSession } from '../../../lake/kept-session.ts';
import { type Instrument, tempDir } from '../../../lake/layout.ts';
import type { Log } from '../../../lake/log.ts';
import { type Extraction, readFrames } from '../../../transformer/extract.ts';
import type { Part } from '../../../transformer/parts.ts';
import {
  openTransformSession,
  readVenueSql,
  statements,
  type VenueSql,
} from '../../../transformer/session.ts';
import { findVenue } from '../../../transformer/venue.ts';
import { collectRows, toObjects } from './json-rows.ts';
import { type RawEnd, type RawPosition, readRawEnd } from './raw-end.ts';

type Fields = ReturnType<typeof toObjects>[number];
/** Null where the raw that was looked at does not tell. */
export type Head = { trade: Fields | null; quote: Fields | null };

export type RawHead = {
  /** Undefined where nothing is being written. */
  read(instrument: Instrument): Promise<Head | undefined>;
  /** Keeps the last trade that was found elsewhere, in all that was there when `read` was last asked. */
  keepTrade(instrument: Instrument, trade: Fields): void;
  close(): Promise<void>;
};

type Known = Head & { position: RawPosition };
/** `isHeard`: not all of its trades were filled in. */
type Found = Head & { isHeard: boolean };

const headSql = readSql(join(import.meta.dirname, '..', 'sql', 'raw-head.sql'));
/** How much is read; more where there is no trade or no quote in it. */
const spans = [32 * 1024, 512 * 1024, 4 * 1024 * 1024] as const;

export function openRawHead(config: Pick<Config, 'root' | 'transformer'>, log: Log): RawHead {
  const { root } = config;
  const folder = tempDir(root, 'web-head');
  const path = join(folder, `head.${process.pid}.jsonl`);
  const known = new Map<string, Known>();
  const venues = new Map<string, VenueSql>();
  let sessions: KeptSession<DuckdbSession> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function open(): Promise<KeptSession<DuckdbSession>> {
    await mkdir(folder, { recursive: true });
    return keepSession(() => openTransformSession(config, { memoryLimit: '128MB', threads: 1 }));
  }

  async function readLines(instrument: Instrument, { lines }: RawEnd): Promise<Found> {
    if (lines.length === 0) return { trade: null, quote: null, isHeard: false };
    sessions ??= await open();
    const { exchange } = instrument;
    const venue = venues.get(exchange) ?? readVenueSql(findVenue(exchange).sqlDir);
    venues.set(exchange, venue);
    await writeFile(path, lines);
    return sessions.use((session) => readFound(describe(session, venue, folder, log), path));
  }

  async function readOne(instrument: Instrument): Promise<Head | undefined> {
    const key = `${instrument.exchange}/${instrument.symbol}`;
    const before = known.get(key);
    for (const [turn, span] of spans.entries()) {
      const end = await readRawEnd(root, instrument, before?.position, span);
      if (end === undefined) return undefined;
      const found = await readLines(instrument, end);
      const head = joinHeads(found, end, before);
      const isWhole = head.trade !== null && head.quote !== null;
      if (!isWhole && end.hasMore && turn < spans.length - 1) continue;
      // Else something newer may lie in what was not read.
      const isSure = found.trade === null && !end.isBroken && end.otherTradeId === 0;
      if (isWhole || isSure) known.set(key, { ...head, position: end.position });
      return head;
    }
    return undefined;
  }

  return {
    read(instrument) {
      // One after the other: they share the file.
      const next = last.then(() => readOne(instrument));
      last = next.catch(() => {});
      return next;
    },
    keepTrade({ exchange, symbol }, trade) {
      const kept = known.get(`${exchange}/${symbol}`);
      if (kept !== undefined) kept.trade = pickNewer('trade_id', kept.trade, trade);
    },
    async close() {
      await last;
      sessions?.close();
      await rm(path, { force: true });
    },
  };
}

function describe(
  session: DuckdbSession,
  venue: VenueSql,
  scratchDir: string,
  log: Log,
): Extraction {
  const keepNothing = { keepBadLines: async () => {}, listDoneDays: async () => [] };
  return { session, venue, scratchDir, log, ...keepNothing };
}

/** Lines that neither way of reading can use are for the transformer to tell of. */
async function readFound(extraction: Extraction, path: string): Promise<Found> {
  const { session } = extraction;
  await session.run(statements.tables);
  await readFrames(extraction, [asPart(path)]);
  const [row] = toObjects(await collectRows(await session.connection.run(headSql)));
  const { is_heard, bid, bid_qty, ask, ask_qty, quote_time: time, ...trade } = row!;
  const quote = {
    bid: bid!,
    bid_qty: bid_qty!,
    ask: ask!,
    ask_qty: ask_qty!,
    time: time!,
    as_of: time!,
  };
  return {
    trade: trade.trade_id === null ? null : trade,
    quote: bid === null ? null : quote,
    isHeard: is_heard === true,
  };
}

/** As the transformer takes it: only where it lies and how it is packed matters. */
function asPart(path: string): Part {
  const nothing = { day: '1970-01-01', number: 1, bytes: 0, sha256: undefined } as const;
  return { name: path, path, compression: 'none', ...nothing };
}

/** Of what is new, and what was known before it where that is all there is. */
function joinHeads(found: Found, end: RawEnd, before: Head | undefined): Head {
  const older = end.isJoined ? before : undefined;
  const quote = pickNewer('time', older?.quote ?? null, found.quote);
  // What was filled in may lie before what was not read.
  const isLast = found.isHeard || (older?.trade ?? null) !== null;
  const trade = isLast ? pickNewer('trade_id', older?.trade ?? null, found.trade) : null;
  const isOlder = trade !== null && Number(trade.trade_id) < end.otherTradeId;
  return { quote, trade: isOlder ? null : trade };
}

/** A clock that was set back does not make what came before it newer. */
function pickNewer(by: 'trade_id' | 'time', one: Fields | null, other: Fields | null) {
  if (one === null || other === null) return one ?? other;
  return other[by]! >= one[by]! ? other : one;
}
