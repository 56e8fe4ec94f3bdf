// What a venue's REST interface is to the lake: requests as values with their weight, and how their
// answers read. Who sends them, and how fast, is the client's business (rest-client.ts). Holds no effects.

import type { Day } from '../lake/day.ts';

/** A GET below the venue's REST URL. */
export type RestRequest = {
  /** Path and query, `/api/v3/time`. */
  path: string;
  /** What the exchange charges for it. */
  weight: number;
};

/** What a REST answer says of a trade; the trade itself stays in the answer's bytes. */
export type TradeMark = { id: number; timeUs: number };

/** Trades of one taker order at one price, ids `firstId` to `lastId`, both inclusive. */
export type AggregateMark = { firstId: number; lastId: number; timeUs: number };

/** A 1-second kline of the exchange. Prices and volumes are decimal texts, as it sends them. */
export type Kline = {
  openUs: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volumeBase: string;
  volumeQuote: string;
  tradeCount: number;
  takerBuyBase: string;
  takerBuyQuote: string;
};

export type VenueRest = {
  /** Weight allowed per address and minute. */
  weightPerMinute: number;
  tradesPerRequest: number;
  klinesPerRequest: number;
  /** Sent with every request. */
  headers: Readonly<Record<string, string>>;
  /** Header in which an answer says how much weight this address has used in the running minute. */
  usedWeightHeader: string;
  /** Single trades with id >= `fromId`, ascending. A host without it answers 404. */
  formatTrades(symbol: string, fromId: number, limit: number): RestRequest;
  /** The latest single trades, ascending. */
  formatLatestTrades(symbol: string, limit: number): RestRequest;
  /** Aggregates with fromUs <= time <= toUs, ascending. */
  formatAggregates(symbol: string, fromUs: number, toUs: number, limit: number): RestRequest;
  /** The latest aggregates: the cheapest way to the last trade id. */
  formatLatestAggregates(symbol: string, limit: number): RestRequest;
  /** 1s klines that open at or after `fromUs`, ascending. */
  formatKlines(symbol: string, fromUs: number, limit: number): RestRequest;
  formatTime(): RestRequest;
  /** Throw OperationalError where the answer has another shape. */
  parseTrades(body: Buffer): TradeMark[];
  parseAggregates(body: Buffer): AggregateMark[];
  parseKlines(body: Buffer): Kline[];
  /** Exchange time, µs since the epoch. */
  parseTimeUs(body: Buffer): number;
  /** What the exchange says of a request it refuses; undefined where the body says nothing. */
  findRefusal(body: Buffer): { code: number; text: string } | undefined;
};

/** A venue's public daily archive: one zip with one CSV per symbol and day, beside it a checksum. */
export type VenueArchive = {
  url: string;
  /** Makes the path of a zip that of its checksum: SHA-256 in hex, white space, name. */
  checksumSuffix: string;
  /** Path of the zip below the archive's URL. */
  formatTradesPath(symbol: string, day: Day): string;
  formatKlinesPath(symbol: string, day: Day): string;
  /** A CSV line as one REST trade row, JSON text, microsecond time; undefined for a header. */
  formatTradeRow(line: string): { mark: TradeMark; json: string } | undefined;
  /** A CSV line as a kline; undefined for a header. Both throw for anything else. */
  parseKlineRow(line: string): Kline | undefined;
};
