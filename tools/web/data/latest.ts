// The last trade and the last best bid and ask of one symbol, and how far it is known: from the newest lines of raw, and
// what these do not say from the live tail and the partitions.

import { join } from 'node:path';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { symbolHead } from '../../../transformer/catalog/symbol-bars.ts';
import type { DataQuestion } from '../question.ts';
import { toPaths } from './bar-files.ts';
import { type DataContext, findEnd, toBody, toVariables } from './data-context.ts';
import { type JsonRows, toObjects } from './json-rows.ts';
import { readFiles } from './symbol-bars.ts';
import { stepBack, type Window } from './windows.ts';

const lastTrade = readSql(join(import.meta.dirname, '..', 'sql', 'last-trade.sql'));
const firstSpanUs = 180_000_000;

export async function answerLatest(
  question: Extract<DataQuestion, { about: 'latest' }>,
  context: DataContext,
) {
  const instrument = await context.instruments.find(question);
  const head = await context.head.read(instrument);
  if (head?.trade && head.quote) return toBody({ ...instrument, ...head });
  const isFresh = await context.tail.keepFresh(instrument);
  const found = head?.trade ? undefined : await findTrade(context, instrument);
  if (found !== undefined && isFresh) context.head.keepTrade(instrument, found);
  const trade = head?.trade ?? found ?? null;
  const quote = head?.quote ?? (await findHead(context, instrument)).quote;
  return toBody({ ...instrument, trade, quote });
}

function findTrade(context: DataContext, instrument: Instrument) {
  return findLast(context, instrument, 'trade_id', ({ fromUs, toUs }) =>
    context.reader.query(lastTrade, toVariables(instrument, fromUs, toUs)),
  );
}

/** `newestUs`: start of the newest second there is a bar of. The quote stood as of a second's end; when it came is unknown. */
export async function findHead(context: DataContext, instrument: Instrument) {
  const { root, quick } = context;
  const row = await findLast(context, instrument, 'newest_us', (window) =>
    readFiles(root, instrument, window, (days, tail) =>
      quick.query(symbolHead, {
        ...toPaths(root, days, tail),
        from_us: window.fromUs,
        to_us: window.toUs,
      }),
    ),
  );
  if (row === undefined) return { newestUs: undefined, quote: null };
  const { newest_us: newestUs, as_of, ...quote } = row;
  return {
    newestUs: Number(newestUs),
    quote: quote.bid === null ? null : { ...quote, time: null, as_of },
  };
}

/** The row of the last stretch of time in which there is one: `column` is not null there. */
async function findLast(
  context: DataContext,
  instrument: Instrument,
  column: string,
  read: (window: Window) => Promise<JsonRows>,
) {
  const { firstUs, endUs } = await findEnd(context, instrument);
  for (const window of stepBack(firstUs, endUs, firstSpanUs)) {
    const [row] = toObjects(await read(window));
    if (row?.[column] != null) return row;
  }
  return undefined;
}
