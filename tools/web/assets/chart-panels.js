// What stands around the chart and follows it: read-outs, latest quote, whether it is live, the summary and
// the table of what is on screen. Drawn at most once per frame, the table at most once a second.

import { makeBarTable } from './bar-table.js';
import { byId, element, fill } from './element.js';
import { formatAmount, formatDuration, formatNumber, formatTime } from './format.js';
import { announce } from './frame.js';
import { judgeLive } from './live-state.js';
import { currentZone } from './preferences.js';
import { describeState, describeStretch, showReadOut, showTip } from './read-out.js';
import { serverNowMs } from './request.js';
import { shownDecimals } from './symbol-picker.js';

const tableEveryMs = 1000;

export class ChartPanels {
  #session;
  #chart;
  #symbol;
  /** @type {any} */
  #quote;
  /** The slot under the crosshair. @type {number | undefined} */
  #slot;
  #showsTable = false;
  #showsQuote = true;
  #isScheduled = false;
  #tableMs = 0;
  #isDrawn = false;

  /**
   * @param {import('./chart-session.js').ChartSession} session
   * @param {import('./price-chart.js').PriceChart} chart
   * @param {() => import('./symbol-picker.js').SymbolInfo | undefined} symbol
   */
  constructor(session, chart, symbol) {
    this.#session = session;
    this.#chart = chart;
    this.#symbol = symbol;
    chart.chart.subscribeCrosshairMove((at) => this.#onCrosshair(at));
    setInterval(() => {
      this.#showLive();
      if (this.#showsTable) this.#showTable();
      this.#showSummary();
    }, tableEveryMs);
  }

  get #decimals() {
    return shownDecimals(this.#symbol());
  }

  /** Another symbol or interval. */
  reset() {
    this.#quote = undefined;
    this.#slot = undefined;
    byId('summary').textContent = '';
    fill(byId('table'));
    this.schedule();
  }

  /** @param {any} quote */
  takeQuote(quote) {
    if (quote.symbol !== undefined && quote.symbol !== this.#symbol()?.symbol) return;
    this.#quote = quote;
    this.schedule();
  }

  schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw() {
    const { slots } = this.#chart;
    const slot = slots[this.#slot ?? slots.length - 1];
    const options = { decimals: this.#decimals, width: this.#session.width };
    byId('read').classList.toggle('pointed', this.#slot !== undefined);
    showReadOut(byId('read'), slot, options);
    this.#showNow();
    this.#showLive();
    this.#placeNames();
    if (this.#session.subject !== undefined) this.showNotice(this.#describeEmpty());
    if (slots.length > 0 && !this.#isDrawn) {
      this.#isDrawn = true;
      requestAnimationFrame(() => performance.mark('lake:chart'));
    }
  }

  #describeEmpty() {
    const { isOpening, isLoading, subject } = this.#session;
    if (isOpening) return `Loading ${subject?.symbol} ${subject?.interval}`;
    const isEmpty = this.#chart.slots.length === 0 && !isLoading && byId('error').hidden;
    return isEmpty ? 'No bars of this symbol yet.' : undefined;
  }

  /** In the middle of the chart; nothing: none. @param {...(string | Node | undefined)} children */
  showNotice(...children) {
    byId('notice').hidden = children[0] === undefined;
    fill(byId('notice'), ...children);
  }

  #showNow() {
    const last = this.#session.bars.isAtEnd ? this.#session.bars.bars.at(-1) : undefined;
    const { bid, bid_qty, ask, ask_qty } = this.#quote ?? {
      bid: last?.bid,
      bid_qty: last?.bidQty,
      ask: last?.ask,
      ask_qty: last?.askQty,
    };
    const price = (/** @type {number | undefined} */ value) => formatNumber(value, this.#decimals);
    const hasQuote = typeof bid === 'number' && typeof ask === 'number';
    const spread = hasQuote ? ask - bid : undefined;
    const isLabelled = hasQuote && this.#showsQuote && last !== undefined;
    this.#chart.showQuote(isLabelled ? bid : undefined, isLabelled ? ask : undefined);
    this.#chart.showQuoteLines(this.#showsQuote && this.#session.width === 1);
    fill(
      byId('now'),
      last && element('b', { title: 'Last price' }, price(last.close)),
      hasQuote && element('span', { class: 'bid' }, `Bid ${price(bid)} × ${formatAmount(bid_qty)}`),
      hasQuote && element('span', { class: 'ask' }, `Ask ${price(ask)} × ${formatAmount(ask_qty)}`),
      hasQuote && element('span', { class: 'dim' }, `Spread ${price(spread)}`),
    );
    const subject = this.#session.subject;
    if (subject === undefined) return;
    const head = last === undefined ? '' : `${price(last.close)} `;
    document.title = `${head}${subject.symbol} ${subject.interval} · Crypto Lake`;
  }

  #showLive() {
    const { feedState, isFollowing, reachMs, subject, width } = this.#session;
    if (subject === undefined) return;
    const [isOnline, nowMs] = [navigator.onLine, serverNowMs()];
    const facts = { feedState, isOnline, reachMs, nowMs, isFollowing, width };
    const { state, text } = judgeLive(facts);
    const line = byId('live');
    if (line.dataset.state !== state) announce(text);
    line.dataset.state = state;
    line.textContent = text;
  }

  /** @param {any} at */
  #onCrosshair(at) {
    const slot = at.logical === undefined ? undefined : Math.round(at.logical);
    const isOnSlot = slot !== undefined && slot >= 0 && slot < this.#chart.slots.length;
    this.#slot = isOnSlot ? slot : undefined;
    const under = this.#findStretches(this.#slot).filter((one) => this.#isWorthTip(one));
    const place = at.point && { ...at.point, width: byId('chart').clientWidth };
    showTip(byId('tip'), under, place);
    this.schedule();
  }

  /** What reaches over most of the screen would only stand in the way; the read-out says it, too. @param {import('./stretches.js').Stretch} stretch */
  #isWorthTip({ kind, fromSlot, toSlot }) {
    return (
      kind === 'gap' || kind === 'trades' || toSlot - fromSlot < this.#session.visibleCount / 2
    );
  }

  /** @param {number | undefined} slot */
  #findStretches(slot) {
    if (slot === undefined) return [];
    const found = this.#chart.stretches.filter((one) => one.fromSlot <= slot && slot <= one.toSlot);
    // Why a bar is not complete is said once.
    const isKnown = found.some(({ kind }) => kind === 'trades');
    return found.filter(
      ({ kind, missingSeconds }) => !(isKnown && kind === 'incomplete' && missingSeconds === 0),
    );
  }

  /** Reads the bar beside the one that is read. @param {number} by */
  stepCrosshair(by) {
    const seen = this.#chart.visibleSlots();
    if (seen === undefined) return;
    const from = this.#slot ?? (by < 0 ? seen.to + 1 : seen.from - 1);
    const next = Math.min(Math.max(from + by, seen.from), seen.to);
    const slot = this.#chart.slots[next];
    if (slot === undefined) return;
    const { chart, candles } = this.#chart;
    const price = slot.bar?.close ?? 0;
    chart.setCrosshairPosition(price, /** @type {any} */ (slot.time), candles);
    this.#slot = next;
    const { bar } = slot;
    const said = bar
      ? `close ${formatNumber(bar.close, this.#decimals)}, ${describeState(slot, this.#session.width)}`
      : this.#findStretches(next).map(describeStretch).join(', ');
    announce(`${formatTime(slot.time * 1000, currentZone())}: ${said}`);
    this.schedule();
  }

  #placeNames() {
    const [price, volume] = this.#chart.chart.panes().map((pane) => pane.getHeight());
    const [volumeName, spreadName] = [byId('volume-name'), byId('spread-name')];
    const isEmpty = this.#chart.slots.length === 0;
    for (const name of [volumeName, spreadName]) name.hidden = isEmpty;
    if (price === undefined || volume === undefined) return;
    volumeName.style.top = `${price + 11}px`;
    spreadName.style.top = `${price + volume + 13}px`;
  }

  /** @param {boolean} shows */
  showQuote(shows) {
    this.#showsQuote = shows;
    this.schedule();
  }

  /** @param {boolean} shows */
  showTable(shows) {
    this.#showsTable = shows;
    byId('table').hidden = !shows;
    this.#tableMs = 0;
    if (shows) this.#showTable();
  }

  #visible() {
    const seen = this.#chart.visibleSlots();
    if (seen === undefined) return undefined;
    const { from, to } = seen;
    const isSeen = (/** @type {import('./stretches.js').Stretch} */ one) =>
      one.toSlot >= from && one.fromSlot <= to;
    const slots = this.#chart.slots.slice(from, to + 1);
    return { slots, stretches: this.#chart.stretches.filter(isSeen) };
  }

  #showTable() {
    const seen = this.#visible();
    const table = byId('table');
    // Where somebody reads or selects, it stays as it is.
    if (seen === undefined || performance.now() - this.#tableMs < tableEveryMs / 2) return;
    if (table.contains(document.getSelection()?.anchorNode ?? null)) return;
    this.#tableMs = performance.now();
    const width = this.#session.width;
    const caption = byId('summary').textContent || 'Bars on screen';
    const gaps = seen.stretches.filter(({ kind }) => kind === 'gap' || kind === 'trades');
    fill(table, makeBarTable(seen.slots, gaps, { decimals: this.#decimals, width, caption }));
  }

  #showSummary() {
    const seen = this.#visible();
    const subject = this.#session.subject;
    const bars = seen?.slots.flatMap(({ bar }) => (bar === undefined ? [] : [bar])) ?? [];
    const [first, last] = [bars[0], bars.at(-1)];
    if (seen === undefined || subject === undefined || first === undefined || last === undefined)
      return;
    const zone = currentZone();
    const price = (/** @type {number} */ value) => formatNumber(value, this.#decimals);
    const count = (/** @type {string} */ kind) =>
      seen.stretches.filter((one) => one.kind === kind).length;
    byId('summary').textContent = [
      `${subject.symbol} ${subject.interval}: ${bars.length} bars`,
      `from ${formatTime(first.time * 1000, zone)} to ${formatTime(last.time * 1000, zone)}`,
      `low ${price(Math.min(...bars.map(({ low }) => low)))}`,
      `high ${price(Math.max(...bars.map(({ high }) => high)))}`,
      `last ${price(last.close)}`,
      `${count('gap')} gaps, ${count('trades')} with missing trades, ${count('incomplete')} incomplete and ${count('filled')} filled stretches`,
      `bars of ${formatDuration(this.#session.width)}`,
    ].join(', ');
  }
}
