import { expect, it } from 'vitest';
import { createMarket } from './market.ts';
import { pauseMarket } from './paused-market.ts';
import { noonUs } from './test-client.ts';
import type { Trade } from './trade.ts';
import { TradingPauses } from './trading-pauses.ts';

const pauseUs = 3_000_000;

it('a pause parts what happened before it from what comes after, wherever it begins', () => {
  const market = createMarket({ seed: 1, symbols: ['BTCUSDT'] });
  const steady = market.get('BTCUSDT')!;
  const number = steady.findBlockAt(noonUs);
  const before = steady.block(number);
  // Just after trades happened, and before they were published.
  for (const { timeUs } of before.trades.slice(0, 300).filter((_, index) => index % 10 === 0)) {
    const pauses = new TradingPauses();
    const fromUs = timeUs + 1;
    pauses.add({ fromUs, untilUs: fromUs + pauseUs });
    const { events, trades } = pauseMarket(market, pauses).get('BTCUSDT')!.block(number);
    expect(trades.map(({ id }) => id)).toEqual(before.trades.map(({ id }) => id));
    expect(events).toHaveLength(before.events.length);
    const eventTimes = events.map(({ eventUs }) => eventUs);
    expect(eventTimes).toEqual(eventTimes.toSorted((one, other) => one - other));
    const isInside = (us: number) => us >= fromUs && us < fromUs + pauseUs;
    expect(eventTimes.filter(isInside)).toEqual([]);
    expect(trades.filter((trade) => isInside(trade.timeUs))).toEqual([]);
    const isTorn = (trade: Trade) => trade.timeUs < fromUs !== trade.eventUs < fromUs;
    expect(trades.filter(isTorn)).toEqual([]);
  }
});

it('times of the market and of the exchange fit each other over several pauses', () => {
  const pauses = new TradingPauses();
  pauses.add({ fromUs: 100, untilUs: 150 });
  pauses.add({ fromUs: 200, untilUs: 300 });
  const exchangeUs = [50, 99, 100, 120, 150, 199, 200, 299, 300, 400];
  expect(exchangeUs.map((us) => pauses.toMarketUs(us))).toEqual([
    50, 99, 100, 100, 100, 149, 150, 150, 150, 250,
  ]);
  const marketUs = [50, 99, 100, 149, 150, 250];
  expect(marketUs.map((us) => pauses.toExchangeUs(us))).toEqual([50, 99, 150, 199, 300, 400]);
  expect([pauses.covers(100, 150), pauses.covers(99, 150)]).toEqual([true, false]);
  expect([pauses.nextUs(99), pauses.nextUs(100), pauses.nextUs(200)]).toEqual([
    100,
    200,
    Number.POSITIVE_INFINITY,
  ]);
  expect(() => pauses.add({ fromUs: 250, untilUs: 400 })).toThrow('is no span after the others');
});
