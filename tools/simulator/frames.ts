// What goes over the wire: payloads as the exchange formats them, the combined wrapper, and the
// WebSocket frame around both. A frame is encoded once and sent to every connection as it is.
// Source: github.com/binance/binance-spot-api-docs, web-socket-streams.md, 2026-06-09.

import type { AggregateTrade } from './aggregates.ts';
import type { QuoteEvent } from './block.ts';
import type { WireLevel } from './book.ts';
import { formatDecimal, formatProduct } from './decimal.ts';
import { formatSteps, type Instrument } from './instrument.ts';
import type { Kline } from './klines.ts';
import type { Trade } from './trade.ts';

/** In what the times of a connection are written. */
export type TimeUnit = 'ms' | 'us';

export function scaleTime(timeUs: number, unit: TimeUnit): number {
  return unit === 'us' ? timeUs : Math.floor(timeUs / 1000);
}

export function formatTrade(symbol: string, trade: Trade, unit: TimeUnit): string {
  const { id, price, quantity, buyerIsMaker } = trade;
  const eventTime = scaleTime(trade.eventUs, unit);
  const tradeTime = scaleTime(trade.timeUs, unit);
  return `{"e":"trade","E":${eventTime},"s":"${symbol}","t":${id},"p":"${price}","q":"${quantity}","T":${tradeTime},"m":${buyerIsMaker},"M":true}`;
}

export function formatBookTicker(instrument: Instrument, quote: QuoteEvent): string {
  const price = (ticks: number) => formatSteps(ticks, instrument.priceDecimals);
  const quantity = (lots: number) => formatSteps(lots, instrument.quantityDecimals);
  return `{"u":${quote.updateId},"s":"${instrument.symbol}","b":"${price(quote.bid)}","B":"${quantity(quote.bidLots)}","a":"${price(quote.ask)}","A":"${quantity(quote.askLots)}"}`;
}

export function formatAggregateTrade(
  symbol: string,
  trade: AggregateTrade,
  unit: TimeUnit,
): string {
  return JSON.stringify({
    e: 'aggTrade',
    E: scaleTime(trade.eventUs, unit),
    s: symbol,
    a: trade.id,
    p: trade.price,
    q: trade.quantity,
    f: trade.firstTradeId,
    l: trade.lastTradeId,
    T: scaleTime(trade.timeUs, unit),
    m: trade.buyerIsMaker,
    M: true,
  });
}

export type DepthUpdate = {
  firstId: number;
  lastId: number;
  bids: readonly WireLevel[];
  asks: readonly WireLevel[];
};

export function formatDepthUpdate(
  symbol: string,
  { firstId, lastId, bids, asks }: DepthUpdate,
  eventUs: number,
  unit: TimeUnit,
): string {
  const E = scaleTime(eventUs, unit);
  return JSON.stringify({
    e: 'depthUpdate',
    E,
    s: symbol,
    U: firstId,
    u: lastId,
    b: bids,
    a: asks,
  });
}

export type KlineUpdate = {
  symbol: string;
  interval: string;
  kline: Kline;
  isClosed: boolean;
  eventUs: number;
};

export function formatKline(update: KlineUpdate, unit: TimeUnit): string {
  const { symbol, interval, kline, isClosed, eventUs } = update;
  return JSON.stringify({
    e: 'kline',
    E: scaleTime(eventUs, unit),
    s: symbol,
    k: {
      t: scaleTime(kline.openTimeUs, unit),
      T: scaleTime(kline.closeTimeUs, unit),
      s: symbol,
      i: interval,
      f: kline.firstTradeId,
      L: kline.lastTradeId,
      o: formatDecimal(kline.open),
      c: formatDecimal(kline.close),
      h: formatDecimal(kline.high),
      l: formatDecimal(kline.low),
      v: formatDecimal(kline.volumeBase),
      n: kline.tradeCount,
      x: isClosed,
      q: formatProduct(kline.volumeQuote),
      V: formatDecimal(kline.takerBuyBase),
      Q: formatProduct(kline.takerBuyQuote),
      B: '0',
    },
  });
}

export function formatShutdown(eventUs: number, unit: TimeUnit): string {
  return `{"e":"serverShutdown","E":${scaleTime(eventUs, unit)}}`;
}

/** The payload as connections in combined mode receive it. */
export function wrapPayload(stream: string, payload: string): string {
  return `{"stream":"${stream}","data":${payload}}`;
}

/** An unmasked WebSocket text frame (RFC 6455, 5.2) that holds `payload`. */
export function encodeTextFrame(payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const headerBytes = bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + bytes);
  frame[0] = 0x81;
  if (headerBytes === 2) {
    frame[1] = bytes;
  } else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(bytes), 2);
  }
  if (typeof payload === 'string') frame.write(payload, headerBytes, 'utf8');
  else frame.set(payload, headerBytes);
  return frame;
}

/** Where the payload begins in a frame made by `encodeTextFrame`. */
export function findPayloadStart(frame: Buffer): number {
  return frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10;
}
