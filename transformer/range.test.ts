import { describe, expect, it } from 'vitest';
import { planRange, spanChange } from './range.ts';

const none = {
  tradeBefore: undefined,
  tradeAfter: undefined,
  quoteAfter: undefined,
  lastBar: undefined,
};

describe('planRange', () => {
  it.each([
    ['only the change where nothing else is known', none, { from: 10, to: 13 }],
    [
      'back to the trade before, whose id it continues',
      { ...none, tradeBefore: 4 },
      { from: 4, to: 13 },
    ],
    [
      'on to the next trade and the next quote, whichever is later',
      { ...none, tradeAfter: 20, quoteAfter: 15, lastBar: 99 },
      { from: 10, to: 21 },
    ],
    [
      'to the last bar where no quote follows to replace the one carried on',
      { ...none, tradeAfter: 20, lastBar: 99 },
      { from: 10, to: 100 },
    ],
  ])('reaches %s', (_, neighbours, range) => {
    expect(planRange({ from: 10, to: 12 }, neighbours)).toEqual(range);
  });
});

describe('spanChange', () => {
  it('spans what is known and is nothing when nothing is', () => {
    expect(spanChange([undefined, 7, null, 3])).toEqual({ from: 3, to: 7 });
    expect(spanChange([undefined, null])).toBeUndefined();
  });
});
