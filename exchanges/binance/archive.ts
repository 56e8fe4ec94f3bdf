// Binance's public archive. Source: github.com/binance/binance-public-data, README, 2025-01-09. Its spot
// files have no header (those of other markets have one), times in milliseconds before 2025 and in
// microseconds from then on, and flags written `True` or `true`.

import type { Kline, VenueArchive } from '../rest.ts';
import { toUs } from './rest.ts';

const decimal = String.raw`(\d+(?:\.\d+)?)`;
/** id, price, qty, quoteQty, time, isBuyerMaker, isBestMatch */
const tradeRow = new RegExp(
  `^(\\d{1,16}),${decimal},${decimal},${decimal},(\\d{13}|\\d{16}),([Tt]rue|[Ff]alse),([Tt]rue|[Ff]alse)$`,
);
/** Open time, o, h, l, c, volume, close time, quote volume, count, taker base, taker quote, ignored */
const klineRow = new RegExp(
  `^(\\d{13}|\\d{16})${`,${decimal}`.repeat(5)},\\d+,${decimal},(\\d+),${decimal},${decimal},[^,]*$`,
);
const headerRow = /^(trade_?)?id,|^open_?time,/i;

export const archive: VenueArchive = {
  url: 'https://data.binance.vision',
  checksumSuffix: '.CHECKSUM',
  formatTradesPath: (symbol, day) => formatPath('trades', symbol, `${symbol}-trades-${day}.zip`),
  formatKlinesPath: (symbol, day) => formatPath('klines', symbol, '1s', `${symbol}-1s-${day}.zip`),
  formatTradeRow(line) {
    const row = tradeRow.exec(line);
    if (row === null) return refuseUnlessHeader(line);
    const [, id, price, qty, quoteQty, time, isBuyerMaker, isBestMatch] = row;
    const timeUs = toUs(Number(time));
    return {
      mark: { id: Number(id), timeUs },
      // Of the same shape and key order as a row of REST.
      json: `{"id":${id},"price":"${price}","qty":"${qty}","quoteQty":"${quoteQty}","time":${timeUs},"isBuyerMaker":${isBuyerMaker!.toLowerCase()},"isBestMatch":${isBestMatch!.toLowerCase()}}`,
    };
  },
  parseKlineRow(line): Kline | undefined {
    const row = klineRow.exec(line);
    if (row === null) return refuseUnlessHeader(line);
    const [, openTime, open, high, low, close, volumeBase, volumeQuote, count] = row;
    return {
      openUs: toUs(Number(openTime)),
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      volumeBase: volumeBase!,
      volumeQuote: volumeQuote!,
      tradeCount: Number(count),
      takerBuyBase: row[9]!,
      takerBuyQuote: row[10]!,
    };
  },
};

function formatPath(...names: readonly string[]): string {
  return `/data/spot/daily/${names.map(encodeURIComponent).join('/')}`;
}

function refuseUnlessHeader(line: string): undefined {
  if (headerRow.test(line)) return undefined;
  throw new Error(`not a row of the archive: ${JSON.stringify(line.slice(0, 200))}`);
}
