// The streams of one symbol of the market: publishes each event in order, and at every tenth of a
// second what is pushed at intervals, depth and klines. A symbol nobody listens to costs nothing,
// for the market can be entered at any moment.

import { groupAggregates } from './aggregates.ts';
import { type Block, isTrade } from './block.ts';
import { type BookSide, findChanges, formatLevels, formatTopLevels } from './book.ts';
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

export class SymbolFeed {
  #market: SymbolMarket;
  #history: TradeHistory;
  #broadcast: Broadcast;
  #streams: ReturnType<typeof nameStreams>;
  /** Everything up to here has been published, or had no subscriber. */
  #doneUs: number;
  /** Where in the current block the next event is. */
  #position = { block: -1, index: 0 };

  constructor(market: SymbolMarket, history: TradeHistory, broadcast: Broadcast, startUs: number) {
    this.#market = market;
    this.#history = history;
    this.#broadcast = broadcast;
    this.#streams = nameStreams(market.instrument.symbol);
    this.#doneUs = startUs;
  }

  /** Publishes everything after the last call up to `nowUs`. */
  advance(nowUs: number): void {
    if (nowUs <= this.#doneUs) return;
    if (this.#streams.all.some((stream) => this.#broadcast.hasSubscribers(stream))) {
      for (let fromUs = this.#doneUs; fromUs < nowUs; ) {
        const nextSlotUs = (Math.floor(fromUs / slotUs) + 1) * slotUs;
        const toUs = Math.min(nextSlotUs, nowUs);
        this.#publishEvents(fromUs, toUs);
        if (toUs === nextSlotUs) this.#publishSlot(toUs);
        fromUs = toUs;
      }
    }
    this.#doneUs = nowUs;
  }

  #publishEvents(fromUs: number, toUs: number): void {
    const last = this.#market.findBlockAt(toUs);
    for (let number = this.#market.findBlockAt(fromUs + 1); number <= last; number++) {
      const block = this.#market.block(number);
      let index = this.#position.block === number ? this.#position.index : 0;
      for (; index < block.events.length && block.events[index]!.eventUs <= toUs; index++) {
        if (block.events[index]!.eventUs > fromUs) this.#publishEvent(block, index);
      }
      this.#position = { block: number, index };
    }
  }

  #publishEvent(block: Block, index: number): void {
    const { instrument } = this.#market;
    const event = block.events[index]!;
    if (!isTrade(event)) {
      this.#broadcast.publishPayload(this.#streams.quote, () =>
        formatBookTicker(instrument, event),
      );
      return;
    }
    this.#broadcast.publishPayload(this.#streams.trade, (unit) =>
      formatTrade(instrument.symbol, event, unit),
    );
    if (this.#broadcast.hasSubscribers(this.#streams.aggregate))
      this.#publishAggregate(block, event);
  }

  /** The fills of an aggregate are published together, so the first of them speaks for all. */
  #publishAggregate({ plan, trades }: Block, trade: Trade): void {
    const index = trade.id - plan.firstTradeId;
    if (trades[index - 1]?.aggregateId === trade.aggregateId) return;
    const { symbol } = this.#market.instrument;
    const [aggregate] = groupAggregates(trades.slice(index));
    this.#broadcast.publishPayload(this.#streams.aggregate, (unit) =>
      formatAggregateTrade(symbol, aggregate!, unit),
    );
  }

  #publishSlot(timeUs: number): void {
    const { depth, depthFast, partial, partialFast } = this.#streams;
    this.#publishDepth(timeUs, slotUs, depthFast, partialFast);
    if (timeUs % secondUs === 0) this.#publishDepth(timeUs, secondUs, depth, partial);
    const closedUs = timeUs - slotUs;
    if (closedUs % secondUs === 0) this.#publishKline('1s', closedUs, timeUs);
    if (closedUs % (2 * secondUs) === 0) this.#publishKline('1m', closedUs, timeUs);
  }

  #publishDepth(
    timeUs: number,
    periodUs: number,
    diffStream: string,
    partial: ReadonlyMap<number, string>,
  ): void {
    const broadcast = this.#broadcast;
    const names = [diffStream, ...partial.values()];
    if (!names.some((name) => broadcast.hasSubscribers(name))) return;
    const { instrument } = this.#market;
    const before = this.#market.bookAt(timeUs - periodUs);
    const after = this.#market.bookAt(timeUs);
    if (after.updateId === before.updateId) return;
    for (const [levels, stream] of partial) {
      broadcast.publishPayload(stream, () => formatTopLevels(instrument, after, levels));
    }
    if (!broadcast.hasSubscribers(diffStream)) return;
    const books = [before];
    for (let atUs = timeUs - periodUs + slotUs; atUs <= timeUs; atUs += slotUs) {
      books.push(this.#market.bookAt(atUs));
    }
    const update = {
      firstId: before.updateId + 1,
      lastId: after.updateId,
      bids: formatLevels(instrument, after.bids, findAllChanges(books.map(({ bids }) => bids))),
      asks: formatLevels(instrument, after.asks, findAllChanges(books.map(({ asks }) => asks))),
    };
    broadcast.publishPayload(diffStream, (unit) =>
      formatDepthUpdate(instrument.symbol, update, timeUs, unit),
    );
  }

  /** The kline of the interval that holds the last moment before `closedUs`. */
  #publishKline(interval: '1s' | '1m', closedUs: number, timeUs: number): void {
    const stream = `${this.#streams.kline}${interval}`;
    if (!this.#broadcast.hasSubscribers(stream)) return;
    const { symbol } = this.#market.instrument;
    const intervalUs = intervalsUs[interval]!;
    const [kline] = findKlines(this.#history, symbol, intervalUs, closedUs - 1, closedUs);
    if (kline === undefined) return;
    const isClosed = closedUs % intervalUs === 0;
    const update = { symbol, interval, kline, isClosed, eventUs: timeUs };
    this.#broadcast.publishPayload(stream, (unit) => formatKline(update, unit));
  }
}

/** Prices that changed between any two neighbours: one that changed and came back is among them. */
function findAllChanges(states: readonly BookSide[]): Set<number> {
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
