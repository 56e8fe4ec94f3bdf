// The rows of the public archive: a day's trades or 1-second klines as CSV, in pieces, so that a long day
// does not hold up everything else. Source: github.com/binance/binance-public-data, README, 2025-01-09:
// no header on spot, microseconds from 2025 on.

import { setImmediate } from 'node:timers/promises';
import { formatDecimal, formatProduct, parseDecimal } from './decimal.ts';
import { findKlines, type Kline } from './klines.ts';
import type { Trade, TradeHistory } from './trade.ts';

/** What is wrong with the files, for tests of their readers. */
export type RowDefects = {
  /** Files begin with the names of the columns, as those of other markets do. */
  header?: boolean;
  /** Every so-many-th row is missing. */
  dropEvery?: number;
  /** Every so-many-th row stands there twice. */
  doubleEvery?: number;
};

export type ArchiveSpan = { symbol: string; fromUs: number; untilUs: number };

const tradeHeader = 'id,price,qty,quote_qty,time,is_buyer_maker,is_best_match';
const klineHeader =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const rowsPerPiece = 1000;
const secondUs = 1_000_000;
/** From here on times are microseconds. */
const year2025Us = Date.UTC(2025, 0, 1) * 1000;

export function formatTradeRows(
  history: TradeHistory,
  { symbol, fromUs, untilUs }: ArchiveSpan,
  defects: RowDefects,
): AsyncGenerator<string> {
  function* rows(): Generator<string> {
    for (const trade of history.scan(symbol, 'timeUs', fromUs)) {
      if (trade.timeUs >= untilUs) return;
      yield formatTradeRow(trade);
    }
  }
  return gather(rows(), tradeHeader, defects);
}

export function formatKlineRows(
  history: TradeHistory,
  { symbol, fromUs, untilUs }: ArchiveSpan,
  defects: RowDefects,
): AsyncGenerator<string> {
  function* rows(): Generator<string> {
    const stepUs = 60 * secondUs;
    for (let startUs = fromUs; startUs < untilUs; startUs += stepUs) {
      const endUs = Math.min(startUs + stepUs, untilUs);
      for (const kline of findKlines(history, symbol, secondUs, startUs, endUs)) {
        // A history may begin later than the span.
        if (kline.openTimeUs >= startUs && kline.openTimeUs < endUs) yield formatKlineRow(kline);
      }
    }
  }
  return gather(rows(), klineHeader, defects);
}

async function* gather(
  rows: Iterable<string>,
  columns: string,
  { header = false, dropEvery, doubleEvery }: RowDefects,
): AsyncGenerator<string> {
  let piece = header ? `${columns}\n` : '';
  let count = 0;
  for (const row of rows) {
    count++;
    if (!isEvery(count, dropEvery)) piece += row;
    if (isEvery(count, doubleEvery)) piece += row;
    if (count % rowsPerPiece !== 0) continue;
    yield piece;
    piece = '';
    await setImmediate();
  }
  yield piece;
}

function isEvery(count: number, every: number | undefined): boolean {
  return every !== undefined && count % every === 0;
}

function formatTradeRow({ id, price, quantity, timeUs, buyerIsMaker }: Trade): string {
  const quote = formatProduct(parseDecimal(price) * parseDecimal(quantity));
  const flag = buyerIsMaker ? 'True' : 'False';
  return `${id},${price},${quantity},${quote},${formatTime(timeUs)},${flag},True\n`;
}

function formatKlineRow(kline: Kline): string {
  const { open, high, low, close, volumeBase, takerBuyBase } = kline;
  const prices = [open, high, low, close, volumeBase].map(formatDecimal).join(',');
  const quote = formatProduct(kline.volumeQuote);
  const taker = `${formatDecimal(takerBuyBase)},${formatProduct(kline.takerBuyQuote)}`;
  const times = [kline.openTimeUs, kline.closeTimeUs].map(formatTime);
  return `${times[0]},${prices},${times[1]},${quote},${kline.tradeCount},${taker},0\n`;
}

function formatTime(timeUs: number): number {
  return timeUs >= year2025Us ? timeUs : Math.floor(timeUs / 1000);
}
