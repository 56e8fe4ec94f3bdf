// The streams of one symbol of the market: publishes each event in order, and at every tenth of a
// second what is pushed at intervals, depth and klines. A symbol nobody listens to costs nothing,
// for the market can be entered at any moment.

import { groupAggregates } from './aggregates.ts';
import { type Block, isTrade } from './block.ts';
import { type Book, findChanges, formatLevels, formatTopLevels } from './book.ts';
import type { Broadcast } from './broadcast.ts';
import {
  formatAggregateTrade,
  formatBookTicker,
  formatDepthUpdate,
  formatKline,
  formatTrade,
} from './frames.ts';
import { findKlines, intervalsUs } from './klines.ts';
import type { SymbolMarket } from './market.ts';
import type { Trade, TradeHistory } from './trade.ts';

/** Depth is pushed at multiples of this, and klines one of it after their interval. */
export const slotUs = 100_000;
const secondUs = 1_000_000;
const partialLevels = [5, 10, 20];

/** Publishes everything after the last call up to `nowUs`. */
export type AdvanceFeed = (nowUs: number) => void;

export function createSymbolFeed(
  market: SymbolMarket,
  history: TradeHistory,
  broadcast: Broadcast,
  startUs: number,
): AdvanceFeed {
  const { instrument } = market;
  const { symbol } = instrument;
  const streams = nameStreams(symbol);
  let doneUs = startUs;
  let position = { block: -1, index: 0 };

  function publishEvents(fromUs: number, toUs: number): void {
    const last = market.findBlockAt(toUs);
    for (let number = market.findBlockAt(fromUs + 1); number <= last; number++) {
      const block = market.block(number);
      let index = position.block === number ? position.index : 0;
      for (; index < block.events.length && block.events[index]!.eventUs <= toUs; index++) {
        if (block.events[index]!.eventUs > fromUs) publishEvent(block, index);
      }
      position = { block: number, index };
    }
  }

  function publishEvent(block: Block, index: number): void {
    const event = block.events[index]!;
    if (!isTrade(event)) {
      broadcast.publishPayload(streams.quote, () => formatBookTicker(instrument, event));
      return;
    }
    broadcast.publishPayload(streams.trade, (unit) => formatTrade(symbol, event, unit));
    if (broadcast.hasSubscribers(streams.aggregate)) publishAggregate(block, event);
  }

  /** The fills of an aggregate are published together, so the first of them speaks for all. */
  function publishAggregate({ plan, trades }: Block, trade: Trade): void {
    const index = trade.id - plan.firstTradeId;
    if (trades[index - 1]?.aggregateId === trade.aggregateId) return;
    const end = trades.findIndex(
      (other, at) => at > index && other.aggregateId !== trade.aggregateId,
    );
    const [aggregate] = groupAggregates(trades.slice(index, end < 0 ? undefined : end));
    broadcast.publishPayload(streams.aggregate, (unit) =>
      formatAggregateTrade(symbol, aggregate!, unit),
    );
  }

  function publishSlot(timeUs: number): void {
    const wholeSecond = timeUs % secondUs === 0;
    publishDepth(timeUs, slotUs, streams.depthFast, streams.partialFast);
    if (wholeSecond) publishDepth(timeUs, secondUs, streams.depth, streams.partial);
    const closedUs = timeUs - slotUs;
    if (closedUs % secondUs === 0) publishKline('1s', closedUs, timeUs);
    if (closedUs % (2 * secondUs) === 0) publishKline('1m', closedUs, timeUs);
  }

  function publishDepth(
    timeUs: number,
    periodUs: number,
    diffStream: string,
    partial: ReadonlyMap<number, string>,
  ): void {
    const isWanted = [diffStream, ...partial.values()].some((name) =>
      broadcast.hasSubscribers(name),
    );
    if (!isWanted) return;
    const before = market.bookAt(timeUs - periodUs);
    const after = market.bookAt(timeUs);
    if (after.updateId === before.updateId) return;
    for (const [levels, stream] of partial) {
      broadcast.publishPayload(stream, () => formatTopLevels(instrument, after, levels));
    }
    if (!broadcast.hasSubscribers(diffStream)) return;
    const books: Book[] = [before];
    for (let at = timeUs - periodUs + slotUs; at <= timeUs; at += slotUs)
      books.push(market.bookAt(at));
    const bids = formatLevels(
      instrument,
      after.bids,
      findAllChanges(books.map(({ bids }) => bids)),
    );
    const asks = formatLevels(
      instrument,
      after.asks,
      findAllChanges(books.map(({ asks }) => asks)),
    );
    const update = { firstId: before.updateId + 1, lastId: after.updateId, bids, asks };
    broadcast.publishPayload(diffStream, (unit) => formatDepthUpdate(symbol, update, timeUs, unit));
  }

  /** The kline of the interval that holds the last moment before `closedUs`. */
  function publishKline(interval: '1s' | '1m', closedUs: number, timeUs: number): void {
    const stream = `${streams.kline}${interval}`;
    if (!broadcast.hasSubscribers(stream)) return;
    const intervalUs = intervalsUs[interval]!;
    const [kline] = findKlines(history, symbol, intervalUs, closedUs - 1, closedUs);
    if (kline === undefined) return;
    const isClosed = closedUs % intervalUs === 0;
    broadcast.publishPayload(stream, (unit) =>
      formatKline({ symbol, interval, kline, isClosed, eventUs: timeUs }, unit),
    );
  }

  return function advance(nowUs) {
    if (nowUs <= doneUs) return;
    if (streams.all.some((stream) => broadcast.hasSubscribers(stream))) {
      for (let fromUs = doneUs; fromUs < nowUs; ) {
        const nextSlotUs = (Math.floor(fromUs / slotUs) + 1) * slotUs;
        const toUs = Math.min(nextSlotUs, nowUs);
        publishEvents(fromUs, toUs);
        if (toUs === nextSlotUs) publishSlot(toUs);
        fromUs = toUs;
      }
    }
    doneUs = nowUs;
  };
}

/** Prices that changed between any two neighbours: one that changed and came back is among them. */
function findAllChanges(states: readonly Book['bids'][]): Set<number> {
  const changes = new Set<number>();
  for (const [index, state] of states.entries()) {
    const before = states[index - 1];
    if (before === undefined) continue;
    for (const ticks of findChanges(before, state)) changes.add(ticks);
  }
  return changes;
}

function nameStreams(symbol: string) {
  const name = symbol.toLowerCase();
  const streams = {
    trade: `${name}@trade`,
    aggregate: `${name}@aggTrade`,
    quote: `${name}@bookTicker`,
    depth: `${name}@depth`,
    depthFast: `${name}@depth@100ms`,
    kline: `${name}@kline_`,
    partial: new Map(partialLevels.map((levels) => [levels, `${name}@depth${levels}`])),
    partialFast: new Map(partialLevels.map((levels) => [levels, `${name}@depth${levels}@100ms`])),
  };
  const { partial, partialFast, kline, ...single } = streams;
  const klines = [`${kline}1s`, `${kline}1m`];
  return {
    ...streams,
    all: [...Object.values(single), ...partial.values(), ...partialFast.values(), ...klines],
  };
}
