// Bid, ask and spread of slots as lines of the chart's library, with holes where there are none. Holds no effects.

/** @typedef {import('./stretches.js').Slot} Slot */

/**
 * A line that ends where there is no value: the library would draw it on to the next one.
 * @param {readonly Slot[]} slots
 * @param {'bid' | 'ask' | 'spread'} name
 */
export function makeLine(slots, name) {
  const points = slots.map((slot) => makePoint(slot, slot.bar?.[name]));
  for (const [i, one] of points.entries()) {
    if (one.value !== undefined && points[i + 1] !== undefined && points[i + 1].value === undefined)
      one.color = 'transparent';
  }
  return points;
}

/** @param {Slot} slot @param {number | null | undefined} value @returns {any} */
export function makePoint({ time }, value) {
  return value === null || value === undefined ? { time } : { time, value };
}

/** @param {Slot} slot */
export function lacksQuote({ bar }) {
  return (bar?.spread ?? null) === null;
}
