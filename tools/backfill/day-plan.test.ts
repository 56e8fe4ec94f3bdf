import { describe, expect, it } from 'vitest';
import { isDayWhole, listDays, listKnownIds } from './day-plan.ts';
import { findDaysOf } from './fill.ts';
import { planHoles } from './holes.ts';
import type { KnownDay } from './known-ids.ts';

function known(day: string, first: number, last: number, more: Partial<KnownDay> = {}): KnownDay {
  return { day, first, last, missing: [], secondsMissing: 0, stamp: '', ...more };
}
const taken = { day: '2026-03-02', sha256: '', first: 10, last: 20, missing: [] };

describe('isDayWhole', () => {
  it.each<[string, boolean, Partial<KnownDay>, Partial<typeof taken> | undefined]>([
    ['every second has a bar and no id is missing', true, {}, undefined],
    ['an id is missing', false, { missing: [[15, 15]] }, undefined],
    ['seconds are missing and no file was taken', false, { secondsMissing: 9 }, undefined],
    ['all that its file has is there', true, { secondsMissing: 9 }, {}],
    ['its file has more than is there', false, { secondsMissing: 9 }, { last: 21 }],
    ['an id of the file is missing', false, { missing: [[15, 15]] }, {}],
  ])('is told when %s', (_, whole, day, file) => {
    const record = file === undefined ? undefined : { ...taken, ...file };
    expect(isDayWhole(known('2026-03-02', 10, 20, day), record)).toBe(whole);
  });

  it('takes a file that lacks an id for what it is', () => {
    const day = known('2026-03-02', 10, 20, { missing: [[15, 16]], secondsMissing: 3 });
    expect(isDayWhole(day, { ...taken, missing: [[14, 16]] })).toBe(true);
    expect(isDayWhole(undefined, taken)).toBe(false);
  });
});

describe('planHoles', () => {
  it('finds what manifests name and what lies between days, each id once', () => {
    const days = [
      known('2026-03-01', 10, 20, { missing: [[12, 13]] }),
      known('2026-03-02', 25, 30, { missing: [[21, 24]] }),
      known('2026-03-03', 35, 40),
    ];
    expect(planHoles(days)).toEqual({
      missing: [
        [12, 13],
        [21, 24],
        [31, 34],
      ],
      uncollected: [],
    });
  });

  it('does not take more than a week that nobody collected for a hole', () => {
    const days = [
      known('2026-03-01', 10, 20),
      known('2026-03-09', 1000, 2000, {
        missing: [
          [21, 999],
          [1500, 1501],
        ],
      }),
    ];
    expect(planHoles(days)).toEqual({
      missing: [[1500, 1501]],
      uncollected: [{ after: '2026-03-01', before: '2026-03-09', ids: 979 }],
    });
    expect(planHoles([days[0]!, { ...days[1]!, day: '2026-03-08' }]).uncollected).toEqual([]);
  });
});

describe('days', () => {
  it('are listed across months', () => {
    expect(listDays('2026-02-27', '2026-03-01')).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
    ]);
  });

  it('in which ids must lie go from the trade before them to the trade after them', () => {
    const days = [known('2026-03-01', 10, 20), known('2026-03-04', 50, 60)];
    const between = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];
    expect(findDaysOf(days, [30, 40])).toEqual(between);
    expect(findDaysOf(days, [12, 13])).toEqual(['2026-03-01']);
    expect(findDaysOf(days, [52, 53])).toEqual(['2026-03-04']);
    expect(findDaysOf([], [52, 53])).toEqual([]);
  });

  it('hold the ids of their trades without those they miss', () => {
    expect(
      listKnownIds([
        known('2026-03-01', 10, 20, {
          missing: [
            [5, 9],
            [12, 13],
          ],
        }),
      ]),
    ).toEqual([
      [10, 11],
      [14, 20],
    ]);
  });
});
