import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTrade, type MarketEvent, type QuoteEvent } from './block.ts';
import { findInstrument, majorSymbols } from './instrument.ts';
import { createMarket, type SymbolMarket } from './market.ts';
import { noonUs } from './test-client.ts';
import type { Trade } from './trade.ts';

const secondUs = 1_000_000;

function openMarket(symbol: string, seed = 1, rate = 1): SymbolMarket {
  return createMarket({ seed, symbols: [symbol], rate }).get(symbol)!;
}

function listEvents(market: SymbolMarket, fromUs: number, seconds: number): MarketEvent[] {
  const untilUs = fromUs + seconds * secondUs;
  const events: MarketEvent[] = [];
  for (let number = market.findBlockAt(fromUs); ; number++) {
    const block = market.block(number);
    if (block.plan.startUs >= untilUs) return events;
    events.push(...block.events);
  }
}

const listTrades = (market: SymbolMarket, fromUs: number, seconds: number): Trade[] =>
  listEvents(market, fromUs, seconds).filter(isTrade);

function findBrokenRules(events: readonly MarketEvent[], priceDecimals: number): string[] {
  const broken: string[] = [];
  const check = (rule: string, holds: boolean) => {
    if (!holds) broken.push(rule);
  };
  let trade: Trade | undefined;
  let quote: QuoteEvent | undefined;
  let eventUs = 0;
  for (const event of events) {
    check('event times never go back', event.eventUs >= eventUs);
    eventUs = event.eventUs;
    if (!isTrade(event)) {
      check('the bid is positive and below the ask', event.bid > 0 && event.ask > event.bid);
      check('update ids increase', quote === undefined || event.updateId > quote.updateId);
      quote = event;
      continue;
    }
    check('a trade is published after it happened', event.eventUs >= event.timeUs);
    check('quantities are positive', Number(event.quantity) > 0);
    if (trade !== undefined) {
      check('trade ids are contiguous', event.id === trade.id + 1);
      check('trade times never go back', event.timeUs >= trade.timeUs);
      check('aggregate ids are contiguous', [0, 1].includes(event.aggregateId - trade.aggregateId));
    }
    trade = event;
    if (quote === undefined) continue;
    const ticks = Math.round(Number(event.price) * 10 ** priceDecimals);
    const beyond = event.buyerIsMaker ? quote.bid - ticks : ticks - quote.ask;
    check('trades stand at the best price or just beyond', beyond >= 0 && beyond < 10);
  }
  return broken;
}

describe('the market model', () => {
  it('gives the same trades and quotes for the same seed, wherever it is entered', () => {
    const walked = openMarket('BTCUSDT');
    const first = walked.findBlockAt(noonUs);
    const expected = Array.from({ length: 12 }, (_, index) => walked.block(first + index));
    fc.assert(
      fc.property(fc.array(fc.nat(11), { minLength: 1, maxLength: 4 }), (order) => {
        const entered = openMarket('BTCUSDT');
        return order.every(
          (index) =>
            JSON.stringify(entered.block(first + index)) === JSON.stringify(expected[index]),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('gives other trades for another seed', () => {
    const prices = (seed: number) =>
      listTrades(openMarket('ETHUSDT', seed), noonUs, 10).map(({ price }) => price);
    expect(prices(1)).not.toEqual(prices(2));
  });

  it.each([...majorSymbols, 'FOOBTC', 'ΔUSDT'])('keeps the rules of a market on %s', (symbol) => {
    const events = listEvents(openMarket(symbol), noonUs, 600);
    expect(events.length).toBeGreaterThan(1000);
    expect(findBrokenRules(events, findInstrument(symbol).priceDecimals)).toEqual([]);
  });

  it('finds every trade and aggregate trade by its id', () => {
    const market = openMarket('LTCUSDT');
    for (const { id, aggregateId } of listTrades(market, noonUs, 300)) {
      const byId = market.block(market.findBlockOf('id', id)).trades;
      const byAggregate = market.block(market.findBlockOf('aggregateId', aggregateId)).trades;
      expect(byId.findIndex((trade) => trade.id === id)).not.toBe(-1);
      expect(byAggregate.findIndex((trade) => trade.aggregateId === aggregateId)).not.toBe(-1);
    }
  });

  it('trades in bursts, with empty seconds, at about 150 trades and 600 quotes a second', () => {
    let trades = 0;
    let quotes = 0;
    for (const symbol of majorSymbols) {
      const events = listEvents(openMarket(symbol), noonUs, 600);
      trades += events.filter(isTrade).length;
      quotes += events.filter((event) => !isTrade(event)).length;
    }
    expect(trades / 600).toBeGreaterThan(130);
    expect(trades / 600).toBeLessThan(170);
    expect(quotes / 600).toBeGreaterThan(550);
    expect(quotes / 600).toBeLessThan(700);
    const bitcoin = listTrades(openMarket('BTCUSDT'), noonUs, 600);
    const perMs = Map.groupBy(bitcoin, ({ timeUs }) => Math.floor(timeUs / 1000));
    const seconds = new Set(bitcoin.map(({ timeUs }) => Math.floor(timeUs / secondUs)));
    expect(Math.max(...[...perMs.values()].map(({ length }) => length))).toBeGreaterThan(5);
    expect(seconds.size).toBeLessThan(600);
    expect(seconds.size).toBeGreaterThan(540);
  });

  it('multiplies its activity by the rate', () => {
    const count = (rate: number) => listTrades(openMarket('XRPUSDT', 1, rate), noonUs, 120).length;
    expect(count(20) / count(1)).toBeGreaterThan(15);
    expect(count(20) / count(1)).toBeLessThan(25);
  });
});
