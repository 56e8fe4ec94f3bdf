// One symbol and interval on the chart: loads what the view needs, joins pages of history at its edges while
// one scrolls, takes in live bars, and keeps the view where it is. Opening another cancels all of it.

import { intervals, parseBar } from './bar.js';
import { BarWindow, findIndex } from './bar-window.js';
import { formatInstant } from './chart-view.js';
import { HistoryLoader, pageBars } from './history-loader.js';
import { LiveFeed } from './live-feed.js';
import { findReachMs } from './live-state.js';
import { MissingTrades } from './missing-trades.js';
import { formatPath, requestJson } from './request.js';
import { findRetryMs, RetryError } from './retry.js';
import { layOut } from './stretches.js';
import { countLoaded, edgeSlots, planRange } from './view-plan.js';

/** @typedef {import('./view-plan.js').Subject} Subject */
/** @typedef {import('./bar.js').Bar} Bar */

/**
 * `ask`: for JSON; `onChange`: other bars, or another view; `onQuote`: a live quote; `onError`: undefined when all is well.
 * @typedef {{
 *   chart: import('./price-chart.js').PriceChart, nowMs: () => number,
 *   ask: (path: string, init: RequestInit) => Promise<any>,
 *   onChange: () => void, onQuote: (quote: any) => void, onError: (thrown: unknown) => void,
 * }} SessionOptions
 */

const maxRecentBars = 300;
/** After a longer absence than so many intervals the newest page is loaded instead. */
const maxResumedBars = 2000;

export class ChartSession {
  bars = new BarWindow();
  /** @type {Subject | undefined} */
  subject;
  /** @type {import('./live-feed.js').FeedState} */
  feedState = 'connecting';
  /** Up to which moment anything is known of the subject. */
  reachMs = 0;
  /** Nothing of the subject is there yet. */
  isOpening = false;
  #loader;
  #missing;
  /** @type {LiveFeed | undefined} */
  #feed;
  /** Live bars of late: a page may have been made before them, and be shown after. @type {Bar[]} */
  #recent = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  #options;

  /** @param {SessionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#loader = new HistoryLoader(options.ask);
    this.#missing = new MissingTrades(requestJson, options.nowMs);
    options.chart.chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      void this.#fillEdges();
      options.onChange();
    });
  }

  get width() {
    return this.subject === undefined ? 1 : intervals[this.subject.interval];
  }

  get isLoading() {
    return this.#loader.isBusy;
  }

  /** Whether new bars come into view by themselves. */
  get isFollowing() {
    return this.bars.isAtEnd && this.#options.chart.isAtNewest;
  }

  /**
   * Shows another subject, or another time of it; without `from` and `to` the newest `count` bars.
   * @param {Subject} subject
   * @param {{ from?: number | undefined, to?: number | undefined, count: number }} view seconds
   */
  async open(subject, { from, to, count }) {
    this.close();
    const { chart, onChange, onError } = this.#options;
    this.subject = subject;
    this.bars = new BarWindow();
    this.#recent = [];
    this.#missing.forget();
    this.feedState = 'connecting';
    this.reachMs = 0;
    this.isOpening = true;
    // What is on the screen stands under the new name from now on.
    chart.setSlots([], []);
    onChange();
    onError(undefined);
    try {
      if (from !== undefined && to !== undefined && (await this.#openRange(subject, from, to)))
        return;
      if (this.subject === subject) await this.#openNewest(subject, count);
    } catch (thrown) {
      if (this.subject !== subject) return;
      this.#render();
      this.#tellFailure(thrown, () => void this.open(subject, { from, to, count }));
    }
  }

  /** Asks again by itself where that may help, and says so. @param {unknown} thrown @param {() => void} again */
  #tellFailure(thrown, again) {
    const waitMs = findRetryMs(thrown);
    clearTimeout(this.#retryTimer);
    if (waitMs !== undefined) this.#retryTimer = setTimeout(again, waitMs);
    this.#options.onError(waitMs === undefined ? thrown : new RetryError(thrown, waitMs));
  }

  close() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#loader.cancel();
    this.#feed?.close();
    this.#feed = undefined;
  }

  /** @param {Subject} subject @param {number} count */
  async #openNewest(subject, count) {
    const page = await this.#loader.loadNewest(subject, count);
    if (page === undefined) return;
    this.bars.prepend(page, countLoaded(count));
    this.bars.isAtEnd = true;
    this.#render();
    this.#options.chart.showNewest(count);
    this.#listen();
  }

  /** False: the lake has nothing there. @param {Subject} subject @param {number} from @param {number} to */
  async #openRange(subject, from, to) {
    const { begin, ...range } = planRange(from, to, this.width);
    const page = await this.#loader.loadRange(subject, range);
    if (page === undefined) return true;
    const inside = page.filter(({ time }) => time >= begin && time < to);
    if (inside.length === 0) return false;
    this.bars.append(page, 0);
    this.bars.isAtEnd = range.to * 1000 > this.#options.nowMs();
    this.#render();
    const { slots } = this.#options.chart;
    const last = Math.min(findIndex(slots, to), slots.length) - 1;
    this.#options.chart.showSlots({ from: findIndex(slots, begin), to: last });
    this.#listen();
    return true;
  }

  #listen() {
    const path = () => {
      const { bars, isAtEnd } = this.bars;
      const loaded = bars.find(({ isFinal }) => !isFinal) ?? bars.at(-1);
      const newest = this.#recent.at(-1) ?? (isAtEnd ? loaded : undefined);
      const from = newest === undefined ? undefined : formatInstant(newest.time);
      return formatPath('/api/stream', { ...this.subject, from });
    };
    this.#feed = new LiveFeed({
      path,
      onBar: (row) => this.#takeRow(row),
      onQuote: (quote) => {
        this.#reach(Date.parse(quote.as_of ?? quote.time));
        this.#options.onQuote(quote);
      },
      onState: (state) => {
        this.feedState = state;
        this.#options.onChange();
      },
      onLost: () => this.#checkAbsence(),
    });
  }

  /** Before the stream is asked for again: the login may be over, or the pause too long to be resumed. */
  async #checkAbsence() {
    const newest = this.#recent.at(-1) ?? this.bars.bars.at(-1);
    const subject = this.subject;
    if (newest === undefined || subject === undefined) return;
    try {
      await requestJson(
        formatPath('/api/latest', { symbol: subject.symbol, exchange: subject.exchange }),
      );
    } catch {
      return; // Still away, which `feedState` says already; the stream's next attempt finds out.
    }
    const awayBars = (this.#options.nowMs() / 1000 - newest.time) / this.width;
    if (awayBars < maxResumedBars) return;
    if (this.isFollowing) await this.open(subject, { count: this.visibleCount });
    else this.bars.isAtEnd = false;
  }

  get visibleCount() {
    return this.#options.chart.visibleCount ?? 120;
  }

  /** @param {number} ms NaN: not known */
  #reach(ms) {
    if (ms > this.reachMs) this.reachMs = ms;
  }

  /** @param {any} row */
  #takeRow(row) {
    const subject = this.subject;
    if (subject === undefined || row.symbol !== subject.symbol || row.interval !== subject.interval)
      return;
    const bar = parseBar(row, subject.interval);
    this.#reach(findReachMs(bar, this.width));
    const before = this.#recent.at(-1);
    // What grows is of now, however many of its seconds are missing; a quote would know it exactly.
    const isGrowing = before?.time === bar.time && bar.seconds > before.seconds && bar.bid === null;
    if (isGrowing) this.#reach(this.#options.nowMs());
    if (before?.time === bar.time) this.#recent.pop();
    this.#recent.push(bar);
    if (this.#recent.length > maxRecentBars) this.#recent.shift();
    const changed = this.bars.take(bar, this.width);
    if (changed === 'last') {
      const { slots, stretches } = this.#layOut();
      this.#options.chart.updateLast(slots, stretches);
    } else if (changed === 'some') this.#render();
    this.#options.onChange();
    void this.#markMissing();
  }

  #layOut() {
    return layOut(this.bars.bars, this.width, this.#missing.holes);
  }

  /** Missing trades stand in a list of their own, which comes after the bars. */
  async #markMissing() {
    const { bars, isAtEnd } = this.bars;
    const [subject, first, last] = [this.subject, bars[0], bars.at(-1)];
    if (subject === undefined || first === undefined || last === undefined) return;
    // Bars beside missing trades are not complete, and the lake has to read much for the list.
    const mayLack = bars.some(({ isFinal, isComplete }) => isFinal && !isComplete);
    if (!mayLack && this.#missing.holes.length === 0) return;
    const loaded = { from: first.time, to: last.time + this.width, isAtEnd };
    try {
      if ((await this.#missing.refresh(subject, loaded)) && this.subject === subject)
        this.#render();
    } catch (thrown) {
      if (this.subject !== subject) return;
      const why = thrown instanceof Error ? thrown.message : thrown;
      this.#options.onError(new Error(`missing trades are not marked: ${why}`));
    }
  }

  /** Pages at the edges of what is loaded, until neither is near. */
  async #fillEdges() {
    const { chart, onError } = this.#options;
    const [subject, seen] = [this.subject, chart.visibleSlots()];
    if (subject === undefined || seen === undefined || this.isLoading) return;
    const [first, last] = [this.bars.bars[0], this.bars.bars.at(-1)];
    if (first === undefined || last === undefined) return;
    const isLeft = seen.from < edgeSlots && !this.bars.isAtStart;
    const isRight = seen.to > chart.slots.length - edgeSlots && !this.bars.isAtEnd;
    if (!isLeft && !isRight) return;
    try {
      const page = isLeft
        ? await this.#loader.loadBefore(subject, first.time)
        : await this.#loader.loadAfter(subject, last.time);
      if (page === undefined) return;
      if (isLeft) this.bars.prepend(page, pageBars);
      else this.bars.append(page, pageBars);
      if (this.bars.isAtEnd) for (const bar of this.#recent) this.bars.take(bar, this.width);
      this.#render();
      onError(undefined);
    } catch (thrown) {
      if (this.subject === subject) this.#tellFailure(thrown, () => void this.#fillEdges());
      return;
    }
    await this.#fillEdges();
  }

  /** Shows all bars anew, with the same time at the left edge as before, or the newest at the right. */
  #render() {
    const { chart, onChange } = this.#options;
    const isFollowing = this.isFollowing && chart.slots.length > 0;
    const range = chart.chart.timeScale().getVisibleLogicalRange();
    const edge = Math.max(0, Math.ceil(range?.from ?? 0));
    const anchor = chart.slots[edge]?.time;
    const newest = chart.slots.length;
    const { slots, stretches } = this.#layOut();
    chart.setSlots(slots, stretches);
    const last = this.bars.isAtEnd ? this.bars.bars.at(-1) : undefined;
    if (last !== undefined) this.#reach(findReachMs(last, this.width));
    this.isOpening = false;
    if (range !== null && anchor !== undefined && slots.length > 0) {
      const shift = isFollowing ? slots.length - newest : findIndex(slots, anchor) - edge;
      const moved = { from: range.from + shift, to: range.to + shift };
      chart.chart.timeScale().setVisibleLogicalRange(moved);
    }
    onChange();
    void this.#markMissing();
  }
}
