import { describe, expect, it } from 'vitest';
import { findDifferences, mergeCoverage, type PartCoverage, type Span } from './coverage.ts';

const second = 1_000_000;
const day = '2026-03-01';

function part(
  number: number,
  spans: Partial<Span>[],
  clockOffsetUs: number | null = 0,
): PartCoverage {
  const full = spans.map((span) => ({
    conn: 'c1',
    fromUs: 0,
    toUs: 0,
    firstEventUs: null,
    lastEventUs: null,
    opened: false,
    closed: false,
    ...span,
  }));
  return { day, number, clockOffsetUs, clocks: [], spans: full };
}

describe('mergeCoverage', () => {
  it('shifts receive times by the clock offset of the part', () => {
    const parts = [part(1, [{ fromUs: 10 * second, toUs: 20 * second }], 1_300_000)];
    expect(mergeCoverage(parts)).toEqual([{ fromUs: 11_300_000, toUs: 21_300_000 }]);
  });

  it('takes the offset of the nearest part where a part has no trade to tell', () => {
    const parts = [
      part(1, [{ fromUs: 0, toUs: second }], 500_000),
      part(2, [{ fromUs: second, toUs: 2 * second }], null),
    ];
    expect(mergeCoverage(parts)).toEqual([{ fromUs: 500_000, toUs: 2_500_000 }]);
  });

  it('goes by the measured offset where the clock was set and no trade tells', () => {
    const hour = 3600 * second;
    const before = part(1, [{ fromUs: 0, toUs: 5 * second }]);
    const after = part(2, [{ fromUs: hour + 5.1 * second, toUs: hour + 9 * second }], null);
    const clocks = [{ recvUs: hour + 5.2 * second, offsetUs: -hour }];
    const later = part(3, [{ fromUs: hour + 9 * second, toUs: hour + 12 * second }], null);
    expect(mergeCoverage([before, { ...after, clocks }, later])).toEqual([
      { fromUs: 0, toUs: 12 * second },
    ]);
  });

  it('covers what a replay faster than time delivered, by its event times', () => {
    const events = { firstEventUs: 100 * second, lastEventUs: 700 * second };
    const parts = [part(1, [{ fromUs: 0, toUs: 2 * second, ...events }], 400 * second)];
    expect(mergeCoverage(parts)).toEqual([{ fromUs: 100 * second, toUs: 700 * second }]);
  });

  it('bridges the seam between two live parts with a part of fills between them', () => {
    const before = part(1, [{ fromUs: 0, toUs: 5 * second }]);
    const after = part(3, [{ fromUs: 5 * second + 900_000, toUs: 9 * second }]);
    expect(mergeCoverage([before, part(2, [], null), after])).toHaveLength(1);
  });

  it('bridges the seam of a connection that goes on, not the hole of one that began anew', () => {
    const until5 = { fromUs: 0, toUs: 5 * second };
    const goesOn = part(2, [{ fromUs: 5 * second + 900_000, toUs: 9 * second }]);
    const beganAnew = part(2, [{ fromUs: 5 * second + 900_000, toUs: 9 * second, opened: true }]);
    const later = part(2, [{ fromUs: 7 * second, toUs: 9 * second }]);
    expect(mergeCoverage([part(1, [until5]), goesOn])).toHaveLength(1);
    expect(mergeCoverage([part(1, [until5]), beganAnew])).toHaveLength(2);
    expect(mergeCoverage([part(1, [until5]), later])).toHaveLength(2);
    expect(mergeCoverage([part(1, [{ ...until5, closed: true }]), goesOn])).toHaveLength(2);
  });

  it('goes on with each of two connections of one name whose parts take turns', () => {
    const seconds = (from: number, to: number) => ({ fromUs: from * second, toUs: to * second });
    const parts = [
      part(1, [seconds(0, 10)]),
      part(2, [seconds(100, 110)]),
      part(3, [seconds(10.2, 20)]),
      part(4, [seconds(110.2, 120)]),
    ];
    expect(mergeCoverage(parts)).toEqual([seconds(0, 20), seconds(100, 120)]);
  });

  it('goes on with a connection however many parts lie between', () => {
    const cutOff = Array.from({ length: 40 }, (_, index) => {
      const atUs = (100 + 10 * index) * second;
      return part(2 + index, [{ fromUs: atUs, toUs: atUs + second }]);
    });
    const goesOn = part(50, [{ fromUs: 5 * second + 900_000, toUs: 9 * second }]);
    const intervals = mergeCoverage([part(1, [{ toUs: 5 * second }]), ...cutOff, goesOn]);
    expect(intervals[0]).toEqual({ fromUs: 0, toUs: 9 * second });
    expect(intervals).toHaveLength(41);
  });

  it('does not go by receive times of two clocks', () => {
    const hour = 3600 * second;
    const other = part(2, [{ fromUs: 5.1 * second, toUs: 9 * second }], hour);
    expect(mergeCoverage([part(1, [{ toUs: 5 * second }]), other])).toEqual([
      { fromUs: 0, toUs: 5 * second },
      { fromUs: hour + 5.1 * second, toUs: hour + 9 * second },
    ]);
  });
});

describe('findDifferences', () => {
  const intervals = (...pairs: [number, number][]) =>
    pairs.map(([fromUs, toUs]) => ({ fromUs, toUs }));

  it.each([
    ['nothing', intervals([0, 5]), intervals([0, 5]), []],
    ['growth at the end', intervals([0, 5]), intervals([0, 9]), [{ fromUs: 5, toUs: 9 }]],
    ['growth at the start', intervals([4, 5]), intervals([0, 5]), [{ fromUs: 0, toUs: 4 }]],
    ['a bridge', intervals([0, 5], [8, 9]), intervals([0, 9]), [{ fromUs: 5, toUs: 8 }]],
    ['a new one', intervals([0, 1]), intervals([0, 1], [5, 6]), [{ fromUs: 5, toUs: 6 }]],
    [
      'two that lie apart, and not what lies between',
      intervals([2, 8]),
      intervals([0, 8], [10, 11]),
      [
        { fromUs: 0, toUs: 2 },
        { fromUs: 10, toUs: 11 },
      ],
    ],
    ['the first one', [], intervals([5, 6]), [{ fromUs: 5, toUs: 6 }]],
  ])('finds %s', (_, before, after, expected) => {
    expect(findDifferences(before, after)).toEqual(expected);
  });
});
