// The newest lines of a symbol, out of the end of the part being written, read as the transformer reads them: its last
// trade and its last quote, as fresh as the collector writes them, for a few milliseconds. Changes nothing in raw.

import { type FileHandle, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../../lake/config.ts';
import { type DuckdbSession, readSql } from '../../../lake/duckdb.ts';
import { listEntries } from '../../../lake/durable.ts';
import { findErrorCode } from '../../../lake/errors.ts';
import { keepSession } from '../../../lake/kept-session.ts';
import { type Instrument, parsePartFileName, rawDayDir, tempDir } from '../../../lake/layout.ts';
import { listRawDays } from '../../../transformer/parts.ts';
import {
  openTransformSession,
  readVenueSql,
  statements,
  type VenueSql,
} from '../../../transformer/session.ts';
import { findVenue } from '../../../transformer/transform-lake.ts';
import { collectRows, toObjects } from './json-rows.ts';

type Fields = ReturnType<typeof toObjects>[number];
/** Null where the end of the part has none. */
export type Head = { trade: Fields | null; quote: Fields | null };

export type OpenHead = {
  /** Undefined where nothing is being written, or what is there can't be read this way. */
  read(instrument: Instrument): Promise<Head | undefined>;
  close(): void;
};

const headSql = readSql(join(import.meta.dirname, '..', 'sql', 'open-head.sql'));
/** How much of the end is read; more where there is no trade or no quote in it. */
const spans = [32 * 1024, 512 * 1024, 4 * 1024 * 1024] as const;
const newline = 0x0a;

export async function openHead(config: Pick<Config, 'root' | 'transformer'>): Promise<OpenHead> {
  const folder = tempDir(config.root, 'web-head');
  const path = join(folder, `head.${process.pid}.jsonl`);
  const limits = { memoryLimit: '128MB', threads: 1, spillDir: join(folder, 'spill') };
  const sessions = await keepSession(async () => {
    const session = await openTransformSession(config, limits);
    await session.setVariable('part_paths', [path]);
    return session;
  });
  const venues = new Map<string, VenueSql>();
  await mkdir(dirname(path), { recursive: true });
  let last: Promise<unknown> = Promise.resolve();

  async function readOne(instrument: Instrument): Promise<Head | undefined> {
    const part = await findOpenPart(config.root, instrument);
    if (part === undefined) return undefined;
    const { exchange } = instrument;
    const venue = venues.get(exchange) ?? readVenueSql(findVenue(exchange).sqlDir);
    venues.set(exchange, venue);
    let head: Head | undefined;
    for (const span of spans) {
      const end = await readEnd(part, span);
      if (end === undefined) return undefined;
      await writeFile(path, end.lines);
      head = await sessions.use((session) => readLines(session, venue));
      const isAll = head === undefined || (head.trade !== null && head.quote !== null);
      if (isAll || end.isWhole) return head;
    }
    return head;
  }

  return {
    read(instrument) {
      // One after the other: they share the file.
      const next = last.then(() => readOne(instrument));
      last = next.catch(() => {});
      return next;
    },
    close() {
      sessions.close();
      void rm(path, { force: true }).catch(() => {});
    },
  };
}

/** The one that was begun last. */
async function findOpenPart(root: string, instrument: Instrument): Promise<string | undefined> {
  const day = (await listRawDays(root, instrument)).at(-1);
  if (day === undefined) return undefined;
  const folder = rawDayDir(root, instrument, day);
  const parts = (await listEntries(folder)).files.flatMap((name) => {
    const parsed = parsePartFileName(name);
    return parsed?.open && parsed.compression === 'none' ? [{ name, number: parsed.number }] : [];
  });
  const newest = parts.sort((a, b) => a.number - b.number).at(-1);
  return newest && join(folder, newest.name);
}

/** The whole lines of the last bytes; undefined where the part was sealed meanwhile. */
async function readEnd(part: string, bytes: number) {
  let file: FileHandle;
  try {
    file = await open(part, 'r');
  } catch (thrown) {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    return undefined;
  }
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const found = buffer.subarray(0, bytesRead);
    const first = from === 0 ? 0 : found.indexOf(newline) + 1;
    return { lines: found.subarray(first, found.lastIndexOf(newline) + 1), isWhole: from === 0 };
  } finally {
    await file.close();
  }
}

/** Undefined where a line has to be read the general way. */
async function readLines(session: DuckdbSession, venue: VenueSql): Promise<Head | undefined> {
  await session.run(statements.tables);
  await session.run(venue.frames);
  const [row] = toObjects(await collectRows(await session.connection.run(headSql)));
  if (row === undefined || row.is_odd === true) return undefined;
  const { is_odd: _, bid, bid_qty, ask, ask_qty, quote_time: time, ...trade } = row;
  return {
    trade: trade.trade_id === null ? null : trade,
    quote:
      bid === null
        ? null
        : { bid: bid!, bid_qty: bid_qty!, ask: ask!, ask_qty: ask_qty!, time: time!, as_of: time! },
  };
}
