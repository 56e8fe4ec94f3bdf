// The chart itself: candles with best bid and ask, volume, spread, each in its pane, and the stretches behind
// them. Knows slots and bars, and nothing of where they come from. Keeps the view where it is when bars are
// joined on the left.

import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  HistogramSeries,
  LineSeries,
  LineStyle,
  LineType,
} from '/assets/lightweight-charts.js';
import { formatMark, formatMoment } from './chart-time.js';
import { lacksQuote, makeLine, makePoint } from './slot-lines.js';
import { StretchBands } from './stretch-bands.js';

/** @typedef {import('./stretches.js').Slot} Slot */
/** @typedef {import('./stretches.js').Stretch} Stretch */
/** @typedef {{ from: number, to: number }} SlotRange */

const paneShares = [6, 1.5, 1.2];
const minVisibleSlots = 5;
const fewSlots = 40;

export class PriceChart {
  /** @type {Slot[]} */
  #slots = [];
  /** @type {Stretch[]} */
  #stretches = [];
  #decimals = 2;
  #showsMarks = true;

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.chart = createChart(parent, {
      autoSize: true,
      layout: { attributionLogo: false, panes: { enableResize: true } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: {
        borderVisible: false,
        minimumWidth: 64,
        scaleMargins: { top: 0.14, bottom: 0.06 },
      },
      timeScale: {
        borderVisible: false,
        rightOffset: 4,
        barSpacing: 8,
        minBarSpacing: 0.6,
        timeVisible: true,
        secondsVisible: true,
        tickMarkFormatter: formatMark,
      },
      localization: { timeFormatter: formatMoment },
    });
    const quiet = { lastValueVisible: false, priceLineVisible: false };
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    const quote = { ...quiet, lineWidth: /** @type {const} */ (1), crosshairMarkerVisible: false };
    const step = { lineType: LineType.WithSteps, lineStyle: LineStyle.Solid };
    const label = { price: 0, lineVisible: false, axisLabelVisible: false };
    this.bidLabel = this.candles.createPriceLine({ ...label, title: 'bid' });
    this.askLabel = this.candles.createPriceLine({ ...label, title: 'ask' });
    this.bid = this.chart.addSeries(LineSeries, { ...quote, ...step });
    this.ask = this.chart.addSeries(LineSeries, { ...quote, ...step });
    const volumeFormat = { priceFormat: { type: /** @type {const} */ ('volume') } };
    this.volume = this.chart.addSeries(HistogramSeries, { ...quiet, ...volumeFormat }, 1);
    this.spread = this.chart.addSeries(LineSeries, { ...quote, ...step }, 2);
    this.bands = [this.candles, this.volume, this.spread].map((series) => {
      const bands = new StretchBands();
      series.attachPrimitive(bands);
      return bands;
    });
    for (const [i, share] of paneShares.entries()) this.chart.panes()[i]?.setStretchFactor(share);
    this.applyTheme();
  }

  get slots() {
    return this.#slots;
  }

  get stretches() {
    return this.#stretches;
  }

  /** Reads the colours of the theme in force. */
  applyTheme() {
    const style = getComputedStyle(document.documentElement);
    const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: color('panel') },
        textColor: color('dim'),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 11,
        panes: { separatorColor: color('line'), separatorHoverColor: color('raised') },
      },
      grid: { vertLines: { color: color('grid') }, horzLines: { color: color('grid') } },
      crosshair: {
        vertLine: { color: color('dim'), labelBackgroundColor: color('accent') },
        horzLine: { color: color('dim'), labelBackgroundColor: color('accent') },
      },
    });
    const [up, down] = [color('up'), color('down')];
    this.candles.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    const axisLabelTextColor = color('panel');
    this.bid.applyOptions({ color: `${color('bid')}99` });
    this.ask.applyOptions({ color: `${color('ask')}99` });
    this.bidLabel.applyOptions({ axisLabelColor: color('bid'), axisLabelTextColor });
    this.askLabel.applyOptions({ axisLabelColor: color('ask'), axisLabelTextColor });
    this.spread.applyOptions({ color: color('accent') });
    this.volumeColors = { up: `${up}99`, down: `${down}99` };
    this.bandColors = {
      gap: color('gap'),
      trades: color('gap'),
      incomplete: color('incomplete'),
      filled: color('filled'),
    };
    this.#fillSeries();
  }

  /** @param {number} decimals of the symbol's prices */
  setDecimals(decimals) {
    if (decimals === this.#decimals) return;
    this.#decimals = decimals;
    const priceFormat = {
      type: /** @type {const} */ ('price'),
      precision: decimals,
      minMove: 10 ** -decimals,
    };
    for (const series of [this.candles, this.bid, this.ask, this.spread]) {
      series.applyOptions({ priceFormat });
    }
  }

  /** Shows everything anew. @param {Slot[]} slots @param {Stretch[]} stretches */
  setSlots(slots, stretches) {
    this.#slots = slots;
    this.#stretches = stretches;
    this.#fillSeries();
  }

  #fillSeries() {
    const slots = this.#slots;
    this.candles.setData(slots.map((slot) => this.#candle(slot)));
    this.volume.setData(slots.map((slot) => this.#volume(slot)));
    this.bid.setData(makeLine(slots, 'bid'));
    this.ask.setData(makeLine(slots, 'ask'));
    this.spread.setData(makeLine(slots, 'spread'));
    this.#showBands();
  }

  /** The newest slot has changed or was added. @param {Slot[]} slots @param {Stretch[]} stretches */
  updateLast(slots, stretches) {
    const [before, last] = slots.slice(-2);
    if (last === undefined || before === undefined || lacksQuote(before) !== lacksQuote(last)) {
      this.setSlots(slots, stretches);
      return;
    }
    this.#slots = slots;
    this.#stretches = stretches;
    this.candles.update(this.#candle(last));
    this.volume.update(this.#volume(last));
    this.bid.update(makePoint(last, last.bar?.bid));
    this.ask.update(makePoint(last, last.bar?.ask));
    this.spread.update(makePoint(last, last.bar?.spread));
    this.#showBands();
  }

  #showBands() {
    const shown = this.#showsMarks ? this.#stretches : [];
    for (const bands of this.bands) if (this.bandColors) bands.show(shown, this.bandColors);
  }

  /** @param {boolean} shows */
  showMarks(shows) {
    this.#showsMarks = shows;
    this.#showBands();
  }

  /** Best bid and ask of each bar as lines: of longer bars they are as good as the close. @param {boolean} visible */
  showQuoteLines(visible) {
    this.bid.applyOptions({ visible });
    this.ask.applyOptions({ visible });
  }

  /**
   * The best bid and ask of now, as labels at the axis; undefined: none.
   * @param {number | undefined} bid
   * @param {number | undefined} ask
   */
  showQuote(bid, ask) {
    for (const [line, price] of /** @type {const} */ ([
      [this.bidLabel, bid],
      [this.askLabel, ask],
    ])) {
      line.applyOptions({ price: price ?? 0, axisLabelVisible: price !== undefined });
    }
  }

  /** The slots on screen, both ends included; undefined: none. @returns {SlotRange | undefined} */
  visibleSlots() {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (range === null || this.#slots.length === 0) return undefined;
    const from = Math.max(0, Math.ceil(range.from - 0.4));
    const to = Math.min(this.#slots.length - 1, Math.floor(range.to + 0.4));
    return from <= to ? { from, to } : undefined;
  }

  /** @param {SlotRange} range both ends included, all of them on screen */
  showSlots({ from, to }) {
    this.chart.timeScale().setVisibleLogicalRange({ from: from - 0.5, to: to + 0.5 });
  }

  /** How many slots fit on screen up to the last one, with or without bars: a lake may have fewer. */
  get visibleCount() {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const last = this.visibleSlots()?.to;
    return range === null || last === undefined
      ? undefined
      : last - Math.ceil(range.from - 0.4) + 1;
  }

  /** Shows the newest `count` slots, and room for what comes; a few at most where there are hardly any. @param {number} count */
  showNewest(count) {
    const end = this.#slots.length + 3;
    const shown = Math.min(count, Math.max(this.#slots.length, fewSlots));
    this.chart.timeScale().setVisibleLogicalRange({ from: end - shown - 3.5, to: end });
  }

  /** Whether the newest slot is on screen. */
  get isAtNewest() {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    return range !== null && range.to >= this.#slots.length - 1.5;
  }

  /** Scrolls by a share of the screen. @param {number} share negative: back in time */
  scroll(share) {
    this.#move((from, to) => [from + share * (to - from), to + share * (to - from)]);
  }

  /** Below 1: closer. The newest bar stays where it is when it is on screen. @param {number} factor */
  zoom(factor) {
    this.#move((from, to) => {
      const width = Math.max((to - from) * factor, minVisibleSlots);
      const fixed = this.isAtNewest ? to : (from + to) / 2;
      const share = this.isAtNewest ? 1 : 0.5;
      return [fixed - width * share, fixed + width * (1 - share)];
    });
  }

  /** @param {(from: number, to: number) => [number, number]} change */
  #move(change) {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range === null) return;
    const [from, to] = change(range.from, range.to);
    if (to < 2 || from > this.#slots.length - 2) return;
    scale.setVisibleLogicalRange({ from, to });
  }

  /** @param {Slot} slot @returns {any} */
  #candle({ time, bar }) {
    if (bar === undefined) return { time };
    const { open, high, low, close } = bar;
    return { time, open, high, low, close };
  }

  /** @param {Slot} slot @returns {any} */
  #volume({ time, bar }) {
    if (bar === undefined) return { time };
    const color = bar.close >= bar.open ? this.volumeColors?.up : this.volumeColors?.down;
    return { time, value: bar.volumeBase, color };
  }
}
