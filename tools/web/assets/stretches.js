// Which slots of the time axis the bars stand in, and which stretches of them are missing, incomplete or
// filled afterwards. A missing interval has a slot without a bar; of a long gap only so many slots are
// shown, evenly spread over it, so that a night without data does not fill the screen. Holds no effects.

import { findIndex } from './bar-window.js';

/** @typedef {import('./bar.js').Bar} Bar */
/** @typedef {import('./missing-trades.js').Hole} Hole */

/**
 * `isMended`: its bar was not heard, and lacks nothing any more. `lacking`: so many missing trades may be of it.
 * @typedef {{ time: number, bar: Bar | undefined, isMended: boolean, lacking: number }} Slot
 */

/**
 * `from` and `to` are seconds since the epoch, `to` exclusive; `fromSlot` and `toSlot` both belong to it.
 * `intervals`: how many intervals of the chart; `trades`: those that were filled in, or that are missing, which
 * lie in `holes`.
 * @typedef {{
 *   kind: 'gap' | 'trades' | 'incomplete' | 'filled', from: number, to: number,
 *   fromSlot: number, toSlot: number, intervals: number, trades: number, missingSeconds: number, holes?: Hole[],
 * }} Stretch
 */

export const maxGapSlots = 40;

/**
 * @param {readonly Bar[]} bars
 * @param {number} width of the interval, seconds
 * @param {readonly Hole[]} [holes] missing trades
 * @returns {{ slots: Slot[], stretches: Stretch[] }}
 */
export function layOut(bars, width, holes = []) {
  /** @type {Slot[]} */
  const slots = [];
  /** @type {Stretch[]} */
  const stretches = [];
  for (const [i, bar] of bars.entries()) {
    const before = bars[i - 1];
    if (before !== undefined && bar.time > before.time + width) {
      stretches.push(addGap(slots, before.time + width, bar.time, width));
    }
    slots.push({ time: bar.time, bar, isMended: false, lacking: 0 });
  }
  markMended(slots, width);
  return {
    slots,
    stretches: [...stretches, ...findMarked(slots, width), ...findHoles(slots, holes, width)],
  };
}

/**
 * Missing trades of the same slots are one stretch.
 * @param {readonly Slot[]} slots
 * @param {readonly Hole[]} holes
 * @param {number} width
 */
function findHoles(slots, holes, width) {
  /** @type {Stretch[]} */
  const found = [];
  for (const hole of holes.toSorted((a, b) => a.from - b.from)) {
    const stretch = placeHole(slots, hole, width);
    const before = found.at(-1);
    if (stretch === undefined) continue;
    if (before !== undefined && stretch.fromSlot <= before.toSlot) join(before, stretch);
    else found.push(stretch);
  }
  return found;
}

/** @param {Stretch} stretch grows @param {Stretch} other begins later */
function join(stretch, other) {
  stretch.to = Math.max(stretch.to, other.to);
  stretch.toSlot = Math.max(stretch.toSlot, other.toSlot);
  stretch.intervals = stretch.toSlot - stretch.fromSlot + 1;
  stretch.trades += other.trades;
  stretch.holes = [...(stretch.holes ?? []), ...(other.holes ?? [])];
}

/**
 * @param {readonly Slot[]} slots
 * @param {Hole} hole
 * @param {number} width
 * @returns {Stretch | undefined} none: it is not of what is loaded
 */
function placeHole(slots, hole, width) {
  const { from, to, firstTradeId, lastTradeId } = hole;
  const fromSlot = Math.max(0, findIndex(slots, from + 1) - 1);
  const toSlot = findIndex(slots, to) - 1;
  const [first, last] = [slots[fromSlot], slots.at(-1)];
  if (toSlot < fromSlot || first === undefined || last === undefined) return undefined;
  if (from >= last.time + width) return undefined;
  const trades = lastTradeId - firstTradeId + 1;
  for (const slot of slots.slice(fromSlot, toSlot + 1)) slot.lacking += trades;
  const intervals = toSlot - fromSlot + 1;
  const place = { from, to, fromSlot, toSlot, intervals };
  return { kind: 'trades', ...place, trades, missingSeconds: 0, holes: [hole] };
}

/**
 * @param {Slot[]} slots
 * @param {number} from
 * @param {number} to
 * @param {number} width
 * @returns {Stretch}
 */
function addGap(slots, from, to, width) {
  const intervals = Math.round((to - from) / width);
  const shown = Math.min(intervals, maxGapSlots);
  const fromSlot = slots.length;
  for (let i = 0; i < shown; i++) {
    const time = from + Math.floor((i * intervals) / shown) * width;
    slots.push({ time, bar: undefined, isMended: false, lacking: 0 });
  }
  const toSlot = slots.length - 1;
  return {
    kind: 'gap',
    from,
    to,
    fromSlot,
    toSlot,
    intervals,
    trades: 0,
    missingSeconds: to - from,
  };
}

/**
 * Neighbouring slots whose bars are incomplete, or hold trades that were filled in.
 * @param {readonly Slot[]} slots
 * @param {number} width
 */
function findMarked(slots, width) {
  /** @type {Stretch[]} */
  const found = [];
  for (const kind of /** @type {const} */ (['incomplete', 'filled'])) {
    /** @type {Stretch | undefined} */
    let open;
    for (const [i, slot] of slots.entries()) {
      const { bar } = slot;
      if (bar === undefined || !isMarked(bar, slot.isMended, kind)) {
        open = undefined;
        continue;
      }
      if (open === undefined) {
        open = {
          kind,
          from: bar.time,
          to: bar.time,
          fromSlot: i,
          toSlot: i,
          intervals: 0,
          trades: 0,
          missingSeconds: 0,
        };
        found.push(open);
      }
      open.to = bar.time + width;
      open.toSlot = i;
      open.intervals++;
      open.trades += bar.backfilled;
      open.missingSeconds += Math.max(0, width - bar.seconds);
    }
  }
  return found;
}

/**
 * A bar that still grows cannot be complete yet.
 * @param {Bar} bar
 * @param {boolean} isMended
 * @param {'incomplete' | 'filled'} kind
 */
function isMarked(bar, isMended, kind) {
  if (kind === 'filled') return isMended || bar.backfilled > 0;
  return bar.isFinal && !bar.isComplete && !isMended;
}

/**
 * Trades were filled in, and seconds and trade ids are all there; what had no trade beside such a bar is part of it.
 * @param {readonly Slot[]} slots
 * @param {number} width
 */
function markMended(slots, width) {
  const holed = findHoled(slots);
  /** @type {Slot[]} */
  let run = [];
  const end = () => {
    const isFilled = run.some(({ bar }) => (bar?.backfilled ?? 0) > 0);
    if (isFilled) for (const slot of run) slot.isMended = true;
    run = [];
  };
  for (const slot of slots) {
    const { bar } = slot;
    const isWhole = bar !== undefined && bar.seconds >= width && !holed.has(bar);
    if (isWhole && !bar.isComplete && bar.isFinal && (bar.backfilled > 0 || bar.tradeCount === 0))
      run.push(slot);
    else end();
  }
  end();
}

/**
 * Bars with, or beside, trades whose ids are missing; what has no ids is taken at its word.
 * @param {readonly Slot[]} slots
 */
function findHoled(slots) {
  /** @type {Set<Bar>} */
  const holed = new Set();
  /** Since the last trade. @type {Bar[]} */
  let since = [];
  /** @type {number | null} */
  let lastId = null;
  for (const { bar } of slots) {
    if (bar === undefined) continue;
    const { firstTradeId: first, lastTradeId: last, tradeCount } = bar;
    since.push(bar);
    if (first === null || last === null) continue;
    if (last - first + 1 > tradeCount) holed.add(bar);
    if (lastId !== null && first > lastId + 1) for (const one of since) holed.add(one);
    since = [bar];
    lastId = last;
  }
  return holed;
}
