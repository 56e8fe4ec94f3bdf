import { describe, expect, it } from 'vitest';
import { joinChanges, listHeardChanges, mergeChanges, mergeRanges, planRange } from './range.ts';

const none = {
  tradeBefore: undefined,
  tradeAfter: undefined,
  quoteAfter: undefined,
  lastBar: undefined,
};
const day = 86_400;
const both = { hasTrades: true, hasQuotes: true };
const trades = { hasTrades: true, hasQuotes: false };
const quotes = { hasTrades: false, hasQuotes: true };

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
    expect(planRange({ from: 10, to: 12, ...both }, neighbours)).toEqual(range);
  });

  it('goes no further for what has not changed', () => {
    const neighbours = { ...none, tradeAfter: 20, quoteAfter: 15, lastBar: 99 };
    expect(planRange({ from: 10, to: 12, ...trades }, neighbours).to).toBe(21);
    expect(planRange({ from: 10, to: 12, ...quotes }, neighbours).to).toBe(16);
    const untilEnd = { ...none, tradeAfter: 20, lastBar: 99 };
    expect(planRange({ from: 10, to: 12, ...trades }, untilEnd).to).toBe(21);
  });
});

describe('changes', () => {
  it('become one per day', () => {
    const changes = [
      { from: day + 7, to: day + 9, ...trades },
      { from: 5, to: 6, ...trades },
      { from: 2, to: 3, ...quotes },
    ];
    expect(mergeChanges(changes)).toEqual([
      { from: 2, to: 6, ...both },
      { from: day + 7, to: day + 9, ...trades },
    ]);
  });

  it('in what was heard are cut at midnight', () => {
    const interval = { fromUs: (day - 2) * 1e6, toUs: (day + 1.5) * 1e6 };
    expect(listHeardChanges([interval])).toEqual([
      { from: day - 2, to: day - 1, ...trades },
      { from: day, to: day + 1, ...trades },
    ]);
  });
});

describe('joinChanges', () => {
  const changes = [
    { from: 5, to: day - 9, ...trades },
    { from: day - 2, to: day - 1, ...quotes },
    { from: day + 7, to: day + 9, ...trades },
  ];

  it('makes new trades on both sides of midnight neighbours', () => {
    expect(joinChanges(none, changes, 0)).toEqual({ ...none, tradeAfter: day + 7 });
    expect(joinChanges(none, changes, 2)).toEqual({ ...none, tradeBefore: day - 9 });
  });

  it('reaches to a known trade that is nearer', () => {
    expect(joinChanges({ ...none, tradeAfter: day + 2 }, changes, 0).tradeAfter).toBe(day + 2);
    expect(joinChanges({ ...none, tradeBefore: day + 2 }, changes, 2).tradeBefore).toBe(day + 2);
  });
});

describe('mergeRanges', () => {
  const range = (from: number, to: number) => ({ from, to });

  it('joins those that touch the same day, and leaves the days between others alone', () => {
    const apart = [range(10, 20), range(3 * day + 5, 3 * day + 6)];
    expect(mergeRanges(apart)).toEqual(apart);
    expect(mergeRanges([range(day - 5, day), range(day, day + 5)])).toHaveLength(2);
    expect(mergeRanges([range(day - 5, day + 1), range(day + 9, day + 20)])).toEqual([
      range(day - 5, day + 20),
    ]);
  });
});
