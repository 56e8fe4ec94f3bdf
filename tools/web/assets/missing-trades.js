// Which trades are missing of the bars that are loaded, as the lake's own list of gaps says: asked for when other bars
// are loaded, and once a minute of the newest, because what is missing may be fetched. Where the lake cannot say
// when they were, nothing is shown.

import { formatInstant } from './chart-view.js';
import { formatPath } from './request.js';

/** @typedef {import('./view-plan.js').Subject} Subject */
/**
 * Trades lie between two others: `from` is the second of the one before, `to` the end of the second of the one after.
 * @typedef {{ from: number, to: number, firstTradeId: number, lastTradeId: number }} Hole
 */

const everyMs = 60_000;

export class MissingTrades {
  /** @type {Hole[]} */
  holes = [];
  #ask;
  #nowMs;
  /** What `holes` speaks of. */
  #known = '';
  #askedMs = 0;
  #hasFailed = false;

  /** @param {(path: string) => Promise<any>} ask for JSON @param {() => number} nowMs */
  constructor(ask, nowMs) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** Of another subject. */
  forget() {
    this.holes = [];
    this.#known = '';
  }

  /**
   * Asks where there is need to; true: `holes` are others now. Throws RequestError, and asks again a minute later.
   * @param {Subject} subject
   * @param {{ from: number, to: number, isAtEnd: boolean }} loaded seconds; at the end all that comes belongs to it
   */
  async refresh({ exchange, symbol, interval }, { from, to, isAtEnd }) {
    const end = isAtEnd ? undefined : formatInstant(to);
    const path = formatPath('/api/gaps', { exchange, symbol, from: formatInstant(from), to: end });
    const known = `${path} ${interval}`;
    const isSettled = !isAtEnd && !this.#hasFailed;
    const isFresh = isSettled || this.#nowMs() - this.#askedMs < everyMs;
    if (known === this.#known && isFresh) return false;
    this.#known = known;
    this.#askedMs = this.#nowMs();
    this.#hasFailed = true;
    const { gaps } = await this.#ask(path);
    if (this.#known !== known) return false;
    this.#hasFailed = false;
    this.holes = gaps.flatMap(findHole);
    return true;
  }
}

/** @param {any} gap @returns {Hole[]} */
function findHole({ kind, from_time, to_time, first_trade_id, last_trade_id }) {
  if (kind !== 'trades' || from_time === null || to_time === null) return [];
  const [from, to] = [Date.parse(from_time) / 1000, Date.parse(to_time) / 1000];
  return [{ from, to, firstTradeId: first_trade_id, lastTradeId: last_trade_id }];
}
