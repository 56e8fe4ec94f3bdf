// Reads a batch of parts into the session's tables: trades and quote seconds are taken over, what could
// not be read is quarantined, and each part's ledger entry is made.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays, type Day, formatDay, startOfDayUs, usPerSecond } from '../lake/day.ts';
import type { DuckdbSession, Row } from '../lake/duckdb.ts';
import { formatReason } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';
import type { LedgerEntry } from './ledger.ts';
import { findPartDigest, type Part } from './parts.ts';
import type { BadLine } from './quarantine.ts';
import { writeReadableCopy } from './readable-copy.ts';
import { statements, type VenueSql } from './session.ts';

export type Extraction = {
  session: DuckdbSession;
  venue: VenueSql;
  /** Where copies of parts are put that have to be read the general way. */
  scratchDir: string;
  log: Log;
  /** What becomes of the lines of a part that could not be read. */
  keepBadLines: (part: Part, lines: readonly BadLine[]) => Promise<void>;
  /** The days that hold the part's trades already, or must not get them. */
  listDoneDays: (entry: LedgerEntry) => Promise<Day[]>;
};

/** What DuckDB reads lines in should not be smaller, however short they are. */
const minLineBytes = 256 * 1024;

/** Reads the new parts of a batch; `known` are parts read before that may share seconds with them. */
export async function extractBatch(
  extraction: Extraction,
  batch: readonly Part[],
  known: readonly { part: Part; entry: LedgerEntry }[],
): Promise<LedgerEntry[]> {
  const { session } = extraction;
  await session.setOption('preserve_insertion_order', 'false');
  await session.setVariable('new_part_count', batch.length);
  await readFrames(extraction, batch);
  const entries = await describeParts(session, batch);
  await takeBadLines(extraction, batch, entries);
  await dropDoneTrades(extraction, entries);
  const overlapping = listOverlapping(known, entries);
  if (overlapping.length > 0) await readKnownFrames(extraction, overlapping);
  await session.run(statements.collectTrades);
  await collectQuotes(session, 0);
  await session.run(statements.dropFrames);
  await session.setOption('preserve_insertion_order', 'true');
  return entries;
}

/** Takes over the quotes of the second and later ones, from all frames there are. */
export async function collectQuotes(session: DuckdbSession, fromSecond: number): Promise<void> {
  await session.setVariable('quotes_from', fromSecond);
  await session.run(statements.collectQuotes);
  const copied = await session.all(statements.hasCopiedQuotes);
  if (copied.length > 0) await session.run(statements.collectCopiedQuotes);
}

/** The parts that were read before and may share seconds with what was read now. */
export function listOverlapping<T extends { entry: LedgerEntry }>(
  known: readonly T[],
  fresh: readonly LedgerEntry[],
): T[] {
  return known.filter(({ entry }) => fresh.some((one) => sharesQuotes(entry, one)));
}

/**
 * The fast way for all, then any part with a line it could not read again the general way. Whether all could be
 * read the fast way.
 */
export async function readFrames(extraction: Extraction, parts: readonly Part[]): Promise<boolean> {
  const odd = await readFast(extraction, parts);
  if (odd.length === 0) return true;
  const { session, venue, scratchDir } = extraction;
  await mkdir(scratchDir, { recursive: true });
  const copies: string[] = [];
  let longest = minLineBytes;
  for (const number of odd) {
    const path = join(scratchDir, `readable-${number}.jsonl`);
    longest = Math.max(longest, await writeReadableCopy(parts[number - 1]!, path));
    copies.push(path);
  }
  await session.setVariable('odd_parts', odd);
  await session.setVariable('odd_paths', copies);
  await session.setVariable('longest_line', longest);
  await session.run(statements.dropOddParts);
  await session.run(venue.framesAny);
  await session.run(venue.fillsAny);
  for (const copy of copies) await rm(copy);
  return false;
}

/** Reads the parts the fast way. Returns the numbers, from 1, of those to be read the general way. */
export async function readFast(extraction: Extraction, parts: readonly Part[]): Promise<number[]> {
  const { session, venue, log } = extraction;
  await session.setVariable(
    'part_paths',
    parts.map((part) => part.path),
  );
  try {
    await session.run(venue.frames);
    await readFills(extraction, parts);
  } catch (thrown) {
    if (await session.isLost()) throw thrown;
    // Any of them may be to blame; what is wrong with more than a line comes up again the general way.
    log.debug(`read ${parts.length} parts the fast way: ${formatReason(thrown)}`);
    return parts.map((_, index) => index + 1);
  }
  return listNumbers(await session.all(statements.oddParts));
}

/** Reads the rows of fills in the parts that have some. */
async function readFills({ session, venue }: Extraction, parts: readonly Part[]): Promise<void> {
  const numbers = listNumbers(await session.all(statements.fillParts));
  if (numbers.length === 0) return;
  await session.setVariable('fill_parts', numbers);
  await session.setVariable(
    'fill_paths',
    numbers.map((number) => parts[number - 1]!.path),
  );
  await session.run(venue.fills);
}

function listNumbers(rows: readonly Row[]): number[] {
  return rows.map((row) => Number(row.part));
}

async function dropDoneTrades(
  { session, listDoneDays }: Extraction,
  entries: readonly LedgerEntry[],
): Promise<void> {
  for (const [index, entry] of entries.entries()) {
    for (const day of await listDoneDays(entry)) {
      await session.setVariable('done_part', index + 1);
      await session.setVariable('day_from', startOfDayUs(day) / usPerSecond);
      await session.setVariable('day_to', startOfDayUs(addDays(day, 1)) / usPerSecond);
      await session.run(statements.dropDoneTrades);
    }
  }
}

export async function readKnownFrames(
  extraction: Extraction,
  overlapping: readonly { part: Part }[],
): Promise<void> {
  const { session } = extraction;
  await session.run(statements.setFramesAside);
  await readFrames(
    extraction,
    overlapping.map(({ part }) => part),
  );
  await session.run(statements.rejoinFrames);
}

export async function describeParts(
  session: DuckdbSession,
  batch: readonly Part[],
): Promise<LedgerEntry[]> {
  const rows = await session.all(statements.partSpans);
  const clocks = await session.all(statements.partClocks);
  const entries: LedgerEntry[] = [];
  for (const [index, part] of batch.entries()) {
    const isOwn = (row: Row) => Number(row.part) === index + 1;
    const entry = describePart(part, await findPartDigest(part), rows.filter(isOwn));
    entries.push({ ...entry, clocks: clocks.filter(isOwn).map(parseClock) });
  }
  return entries.some(spansDays) ? addTradeDays(session, entries) : entries;
}

/** Whether a day may lie between the first and the last trade of which there is none. */
function spansDays({ firstTradeUs, lastTradeUs }: LedgerEntry): boolean {
  if (firstTradeUs === null || lastTradeUs === null) return false;
  return addDays(formatDay(firstTradeUs), 1) < formatDay(lastTradeUs);
}

async function addTradeDays(
  session: DuckdbSession,
  entries: readonly LedgerEntry[],
): Promise<LedgerEntry[]> {
  const rows = await session.all(statements.partTradeDays);
  return entries.map((entry, index) => {
    if (!spansDays(entry)) return entry;
    const own = rows.filter((row) => Number(row.part) === index + 1);
    const tradeDays = own.map((row) => formatDay(Number(row.day) * 86_400 * usPerSecond));
    return { ...entry, tradeDays };
  });
}

function describePart(
  part: Part,
  sha256: string,
  rows: readonly Row[],
): Omit<LedgerEntry, 'clocks'> {
  const lowest = (key: string) => extreme(rows, key, Math.min);
  const highest = (key: string) => extreme(rows, key, Math.max);
  const sum = (key: string) => rows.reduce((total, row) => total + Number(row[key]), 0);
  const spans = rows.filter((row) => row.listening === true && row.conn !== null);
  return {
    part: part.name,
    sha256,
    day: part.day,
    number: part.number,
    frames: sum('frames'),
    linesQuarantined: sum('lines_quarantined'),
    firstQuoteUs: lowest('first_quote_us'),
    lastQuoteUs: highest('last_quote_us'),
    firstTradeUs: lowest('first_trade_us'),
    lastTradeUs: highest('last_trade_us'),
    clockOffsetUs: extreme(rows, 'clock_offset_us', Math.min),
    spans: spans.map((row) => ({
      conn: String(row.conn),
      fromUs: Number(row.from_us),
      toUs: Number(row.to_us),
      firstEventUs: asNumber(row.first_event_us),
      lastEventUs: asNumber(row.last_event_us),
      opened: row.opened === true,
      closed: row.closed === true,
    })),
  };
}

function parseClock(row: Row): LedgerEntry['clocks'][number] {
  return { recvUs: Number(row.recv), offsetUs: Number(row.offset_us) };
}

function extreme(
  rows: readonly Row[],
  key: string,
  pick: (...values: number[]) => number,
): number | null {
  const values = rows.map((row) => asNumber(row[key])).filter((value) => value !== null);
  return values.length === 0 ? null : pick(...values);
}

function asNumber(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function sharesQuotes(known: LedgerEntry, fresh: LedgerEntry): boolean {
  if (known.firstQuoteUs === null || fresh.firstQuoteUs === null) return false;
  const second = (us: number) => Math.floor(us / 1_000_000);
  return (
    second(known.firstQuoteUs) <= second(fresh.lastQuoteUs!) &&
    second(known.lastQuoteUs!) >= second(fresh.firstQuoteUs)
  );
}

async function takeBadLines(
  { session, keepBadLines }: Extraction,
  batch: readonly Part[],
  entries: readonly LedgerEntry[],
): Promise<void> {
  if (entries.every((entry) => entry.linesQuarantined === 0)) return;
  const rows = await session.all(statements.badLines);
  for (const [index, part] of batch.entries()) {
    const own = rows.filter((row) => Number(row.part) === index + 1);
    if (own.length > 0) await keepBadLines(part, own.map(parseBadLine));
  }
}

function parseBadLine(row: Row): BadLine {
  return {
    recv: asNumber(row.recv),
    conn: row.conn === null ? null : String(row.conn),
    msg: row.msg === null ? null : String(row.msg),
  };
}
