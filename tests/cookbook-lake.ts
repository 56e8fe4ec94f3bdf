// The lake of the cookbook: eight hours around a midnight of three symbols of the market model, with little of its
// activity, collected, transformed but for the last two minutes. Connections were lost twice: what SOLUSDT
// missed was fetched over REST, what ETHUSDT missed is missing. A day of SOLUSDT was compared with the exchange's
// klines. The same on any machine at any time.

import { vi } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { formatDay } from '../lake/day.ts';
import { silentLog } from '../lake/log.ts';
import { runReconcile } from '../tools/reconcile/reconcile.ts';
import { isTrade, type MarketEvent } from '../tools/simulator/block.ts';
import { formatSteps, type Instrument } from '../tools/simulator/instrument.ts';
import { createMarket, type SymbolMarket } from '../tools/simulator/market.ts';
import { createRandom, drawExponential, hashText } from '../tools/simulator/random.ts';
import { openSimulator } from '../tools/simulator/server.ts';
import type { Trade } from '../tools/simulator/trade.ts';
import { controlLine, fillLine, frameLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

type Span = { fromUs: number; toUs: number };
type Outage = Span & { isFilled: boolean };

const traded = { seed: 1, symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'], rate: 0.005 };
const partUs = 4 * 3_600_000_000;
const begunUs = us('2026-03-02T20:00:00Z');
const sealedUs = us('2026-03-03T03:58:00Z');
const endedUs = us('2026-03-03T04:00:00Z');
const outages: Readonly<Record<string, Outage>> = {
  SOLUSDT: { ...span('2026-03-02T21:30:00Z', '2026-03-02T21:31:30Z'), isFilled: true },
  ETHUSDT: { ...span('2026-03-03T01:15:00Z', '2026-03-03T01:17:20Z'), isFilled: false },
};

export async function makeCookbookLake(): Promise<ScratchLake> {
  const lake = await makeScratchLake();
  const collected = collectCookbook();
  for (const { symbol, parts } of collected) {
    for (const part of parts.filter(({ toUs }) => toUs <= sealedUs)) await writePart(symbol, part);
  }
  if ((await lake.transform()) !== 0) throw new Error('transform the lake of the cookbook: failed');
  await reconcile(lake.root);
  for (const { symbol, parts } of collected) {
    for (const part of parts.filter(({ toUs }) => toUs > sealedUs)) await writePart(symbol, part);
  }
  return lake;

  function writePart(symbol: string, { day, number, lines }: Part): Promise<void> {
    return lake.writePart(day, number, lines, symbol);
  }
}

/** Compares the first day of a symbol with the exchange's klines, some hours after it. */
async function reconcile(root: string): Promise<void> {
  const system = openSystemClock();
  const aheadUs = endedUs - system.nowUs();
  const clock = { ...system, nowUs: () => system.nowUs() + aheadUs };
  const tradedSinceUs = begunUs;
  const exchange = await openSimulator({ ...traded, tradedSinceUs, clock, tickMs: 0 });
  const { restUrl, archiveUrl } = exchange;
  const urls = `rest_url: "${restUrl}", archive_url: "${archiveUrl}"`;
  const yaml = `{ root: "${root}", exchanges: { binance: { symbols: [SOLUSDT], ${urls} } } }`;
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const code = await runReconcile({
      config: parseConfig(yaml, {}),
      configText: '',
      options: { date: formatDay(begunUs), symbol: 'SOLUSDT' },
      positionals: [],
      onReload() {},
      log: silentLog,
      clock,
      signal: new AbortController().signal,
    });
    if (code !== 0) throw new Error('reconcile the lake of the cookbook: it differs');
  } finally {
    print.mockRestore();
    await exchange.close();
  }
}

/** The same for whoever writes it elsewhere. */
export function collectCookbook(): { symbol: string; parts: Part[] }[] {
  return [...createMarket(traded).values()].map(collect);
}

export type Part = { day: string; number: number; toUs: number; lines: string[] };

/** The parts of a symbol, each of four hours, the last one of two minutes. */
function collect(market: SymbolMarket): { symbol: string; parts: Part[] } {
  const { symbol } = market.instrument;
  const events = listEvents(market);
  const random = createRandom(hashText(symbol));
  const parts: Part[] = [];
  let recv = begunUs;
  for (const [index, part] of cutIntoParts().entries()) {
    const begins = index === 0 ? 'subscribed' : 'listening';
    const lines = [controlLine(part.fromUs, begins, findConnection(symbol, part.fromUs))];
    for (const line of listLines(events, market.instrument, part)) {
      recv = Math.max(recv + 1, line.atUs + 3000 + Math.floor(drawExponential(random, 6000)));
      lines.push(line.write(recv));
    }
    recv = Math.max(recv, part.toUs);
    lines.push(controlLine(recv, 'rotate', findConnection(symbol, recv)));
    parts.push({ day: formatDay(part.fromUs), number: index, toUs: part.toUs, lines });
  }
  return { symbol, parts };
}

type Line = { atUs: number; write(recv: number): string };

/** What is received in a span: control lines where a connection is lost and back, and fills after it. */
function listLines(events: readonly MarketEvent[], instrument: Instrument, span: Span): Line[] {
  const inSpan = ({ eventUs }: MarketEvent) => eventUs >= span.fromUs && eventUs < span.toUs;
  const outage = outages[instrument.symbol];
  const received = events.filter(inSpan);
  const toLine = (event: MarketEvent): Line => ({
    atUs: event.eventUs,
    write: (recv) => writeEvent(instrument, event, recv),
  });
  if (outage === undefined || outage.fromUs < span.fromUs || outage.fromUs >= span.toUs) {
    return received.map(toLine);
  }
  const { fromUs, toUs, isFilled } = outage;
  const missed = received.filter(({ eventUs }) => eventUs >= fromUs && eventUs < toUs);
  const fill: Line = {
    atUs: toUs + 400_000,
    write: (recv) => fillLine(recv, 'rest', missed.filter(isTrade).map(toRestTrade)),
  };
  return [
    ...received.filter(({ eventUs }) => eventUs < fromUs).map(toLine),
    { atUs: fromUs, write: (recv) => controlLine(recv, 'close', 'c1') },
    { atUs: toUs, write: (recv) => controlLine(recv, 'subscribed', 'c2') },
    ...(isFilled ? [fill] : []),
    ...received.filter(({ eventUs }) => eventUs >= toUs).map(toLine),
  ];
}

/** The connection that delivers what happens at a time. */
function findConnection(symbol: string, atUs: number): string {
  const outage = outages[symbol];
  return outage === undefined || atUs < outage.toUs ? 'c1' : 'c2';
}

function writeEvent(instrument: Instrument, event: MarketEvent, recv: number): string {
  const { symbol, priceDecimals, quantityDecimals } = instrument;
  const conn = findConnection(symbol, event.eventUs);
  if (isTrade(event)) {
    const { id, timeUs, price, quantity, buyerIsMaker: maker } = event;
    return tradeLine({ id, us: timeUs, price, quantity, maker, recv, conn, symbol });
  }
  const quote = {
    u: event.updateId,
    s: symbol,
    b: formatSteps(event.bid, priceDecimals),
    B: formatSteps(event.bidLots, quantityDecimals),
    a: formatSteps(event.ask, priceDecimals),
    A: formatSteps(event.askLots, quantityDecimals),
  };
  return frameLine(recv, `${symbol.toLowerCase()}@bookTicker`, quote, conn);
}

function toRestTrade({ id, price, quantity, timeUs, buyerIsMaker }: Trade) {
  const quoteQty = (Number(price) * Number(quantity)).toFixed(8);
  const isBestMatch = true;
  return {
    id,
    price,
    qty: quantity,
    quoteQty,
    time: timeUs,
    isBuyerMaker: buyerIsMaker,
    isBestMatch,
  };
}

function listEvents(market: SymbolMarket): MarketEvent[] {
  const events: MarketEvent[] = [];
  const last = market.findBlockAt(endedUs);
  for (let block = market.findBlockAt(begunUs); block <= last; block++) {
    events.push(...market.block(block).events);
  }
  return events.filter(({ eventUs }) => eventUs >= begunUs && eventUs < endedUs);
}

function cutIntoParts(): Span[] {
  const cuts: number[] = [];
  for (let cutUs = begunUs; cutUs < sealedUs; cutUs += partUs) cuts.push(cutUs);
  cuts.push(sealedUs, endedUs);
  return cuts.slice(1).map((toUs, index) => ({ fromUs: cuts[index]!, toUs }));
}

function span(from: string, to: string): Span {
  return { fromUs: us(from), toUs: us(to) };
}
