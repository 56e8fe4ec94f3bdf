// Which slots of the time axis the bars stand in, and which stretches of them are missing, incomplete or
// filled afterwards. A missing interval has a slot without a bar; of a long gap only so many slots are
// shown, evenly spread over it, so that a night without data does not fill the screen. Holds no effects.

/** @typedef {import('./bar.js').Bar} Bar */

/** @typedef {{ time: number, bar: Bar | undefined }} Slot */

/**
 * `from` and `to` are seconds since the epoch, `to` exclusive; `fromSlot` and `toSlot` both belong to it.
 * `intervals`: how many intervals of the chart; `trades`: those that were filled in.
 * @typedef {{
 *   kind: 'gap' | 'incomplete' | 'filled', from: number, to: number,
 *   fromSlot: number, toSlot: number, intervals: number, trades: number, missingSeconds: number,
 * }} Stretch
 */

export const maxGapSlots = 40;

/**
 * @param {readonly Bar[]} bars
 * @param {number} width of the interval, seconds
 * @returns {{ slots: Slot[], stretches: Stretch[] }}
 */
export function layOut(bars, width) {
  /** @type {Slot[]} */
  const slots = [];
  /** @type {Stretch[]} */
  const stretches = [];
  for (const [i, bar] of bars.entries()) {
    const before = bars[i - 1];
    if (before !== undefined && bar.time > before.time + width) {
      stretches.push(addGap(slots, before.time + width, bar.time, width));
    }
    slots.push({ time: bar.time, bar });
  }
  return { slots, stretches: [...stretches, ...findMarked(slots, width)] };
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
    slots.push({ time: from + Math.floor((i * intervals) / shown) * width, bar: undefined });
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
    for (const [i, { bar }] of slots.entries()) {
      if (bar === undefined || !isMarked(bar, kind)) {
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

/** A bar that still grows cannot be complete yet. @param {Bar} bar @param {'incomplete' | 'filled'} kind */
export function isMarked(bar, kind) {
  return kind === 'filled' ? bar.backfilled > 0 : bar.isFinal && !bar.isComplete;
}
