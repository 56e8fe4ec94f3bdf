import { describe, expect, it } from 'vitest';
import { controlLine, tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake } from '../tests/scratch-lake.ts';
import { mergeClocks } from './clock-offset.ts';
import type { PartCoverage } from './coverage.ts';

const day = '2026-03-01';

function part(
  number: number,
  [fromUs, toUs]: [number, number],
  clocks: [number, number][] = [],
  clockOffsetUs: number | null = null,
): PartCoverage {
  const span = { conn: 'c1', firstEventUs: null, lastEventUs: null, opened: false, closed: false };
  return {
    day,
    number,
    clockOffsetUs,
    clocks: clocks.map(([recvUs, offsetUs]) => ({ recvUs, offsetUs })),
    spans: [{ ...span, fromUs, toUs }],
  };
}

describe('mergeClocks', () => {
  it.each([
    ['nothing where neither a clock nor a trade tells', [part(1, [0, 100])], []],
    [
      'a measurement for its part, from the beginning and until the next one',
      [
        part(
          1,
          [0, 100],
          [
            [20, 3],
            [60, 5],
          ],
        ),
      ],
      [
        [5, 65, 3],
        [65, 105, 5],
      ],
    ],
    ['the trades where nothing was measured', [part(1, [0, 100], [], 10)], [[10, 110, 10]]],
    [
      'nothing for a part of no length',
      [part(1, [0, 100], [], 2), part(2, [50, 50])],
      [[2, 102, 2]],
    ],
    [
      'the later part where two overlap, whichever is read first',
      [part(2, [50, 80], [[50, 7]]), part(1, [0, 100], [[0, 2]])],
      [
        [2, 57, 2],
        [57, 87, 7],
        [87, 102, 2],
      ],
    ],
  ])('gives %s', (_, parts, expected) => {
    const found = mergeClocks(parts).map(({ fromUs, toUs, offsetUs }) => [fromUs, toUs, offsetUs]);
    expect(found).toEqual(expected);
  });
});

it('reaches bars that stand, by a part that brings nothing but a measurement', async () => {
  const at = (second: number) => us(`${day}T10:00:00Z`) + second * 1e6;
  const whole = await makeScratchLake();
  const pieces = await makeScratchLake();
  const trades = [1, 3, 5, 7].map((s) => tradeLine({ id: s, us: at(s), recv: at(s) + 20_000 }));
  for (const lake of [whole, pieces]) {
    await lake.writePart(day, 1, [
      controlLine(at(0), 'subscribed'),
      ...trades,
      controlLine(at(9), 'close'),
    ]);
  }
  await pieces.transform();
  expect(new Set((await pieces.readBars()).map((bar) => bar.clock_offset_ms))).toEqual(
    new Set([-20]),
  );
  for (const lake of [whole, pieces]) {
    await lake.writePart(day, 2, [
      controlLine(at(3), 'listening', 'c2'),
      controlLine(at(4), 'clock', 'c2', { offset_us: -35_500, round_trip_us: 9000 }),
      controlLine(at(6), 'rotate', 'c2'),
    ]);
    await lake.transform();
  }
  const offsets = (await pieces.readBars()).map((bar) => bar.clock_offset_ms);
  expect(offsets).toEqual([-20, -35.5, -35.5, -35.5, -20, -20, -20]);
  expect(await pieces.digestPartitions()).toEqual(await whole.digestPartitions());
});
