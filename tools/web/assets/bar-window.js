// The bars that are loaded: one unbroken stretch of what the lake has, each bar once, in order of time. Pages
// of history are joined to its ends; when it grows too long it is cut at the end that is out of sight.
// Holds no effects.

/** @typedef {import('./bar.js').Bar} Bar */

export const maxBars = 20_000;

export class BarWindow {
  /** @type {Bar[]} */
  bars = [];
  /** Nothing older is in the lake. */
  isAtStart = false;
  /** The newest bar is loaded, so that live bars join on. */
  isAtEnd = false;

  /**
   * Joins a page older than all, or all of a first one. `wanted` is how many were asked for: fewer came
   * where the lake begins.
   * @param {readonly Bar[]} page
   * @param {number} wanted
   */
  prepend(page, wanted) {
    const first = this.bars[0]?.time ?? Number.POSITIVE_INFINITY;
    this.bars = [...page.filter(({ time }) => time < first), ...this.bars];
    if (page.length < wanted) this.isAtStart = true;
    if (this.bars.length > maxBars) {
      this.bars.length = maxBars;
      this.isAtEnd = false;
    }
  }

  /**
   * Joins a page newer than all; fewer than `wanted` came where the lake ends.
   * @param {readonly Bar[]} page
   * @param {number} wanted
   */
  append(page, wanted) {
    const last = this.bars.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    this.bars = [...this.bars, ...page.filter(({ time }) => time > last)];
    if (page.length < wanted) this.isAtEnd = true;
    if (this.bars.length > maxBars) {
      this.bars = this.bars.slice(-maxBars);
      this.isAtStart = false;
    }
  }

  /**
   * Takes in one live bar. `last`: only the newest bar has changed, or come after the one before without
   * a hole; `some`: the whole is to be shown anew; `none`: it belongs where nothing is loaded.
   * @param {Bar} bar
   * @param {number} width of the interval, seconds
   * @returns {'last' | 'some' | 'none'}
   */
  take(bar, width) {
    const { bars } = this;
    const last = bars.at(-1);
    if (last === undefined || bar.time > last.time) {
      if (!this.isAtEnd) return 'none';
      bars.push(bar);
      if (bars.length > maxBars + 1000) {
        this.bars = bars.slice(-maxBars);
        this.isAtStart = false;
        return 'some';
      }
      return last === undefined || bar.time > last.time + width ? 'some' : 'last';
    }
    const at = findIndex(bars, bar.time);
    const known = bars[at];
    if (known?.time === bar.time) {
      // What is sent again after a reconnect may be older than what is there.
      if (known.isFinal && !bar.isFinal) return 'none';
      bars[at] = bar;
      return at === bars.length - 1 ? 'last' : 'some';
    }
    if (at === 0) return 'none';
    bars.splice(at, 0, bar);
    return 'some';
  }
}

/**
 * Where the first bar stands that is not before `time`.
 * @param {readonly { time: number }[]} bars or slots, in order
 * @param {number} time
 */
export function findIndex(bars, time) {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.time ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
