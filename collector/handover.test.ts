import { describe, expect, test } from 'vitest';
import { judgeHandover, type StreamOverlap } from './handover.ts';

const trade: StreamOverlap = {
  isExpected: true,
  oldFrames: 5,
  nextFrames: 5,
  oldLastId: 104,
  nextFirstId: 100,
};
const quote = { ...trade, oldLastId: -1, nextFirstId: -1 };
const quiet = { ...quote, isExpected: false, oldFrames: 0, nextFrames: 0 };

describe('the next connection takes over', () => {
  test('at once where trade ids prove that nothing lies between', () => {
    expect(judgeHandover([trade, quote, quiet], 0)).toBe('ready');
    expect(judgeHandover([{ ...trade, oldLastId: 99 }], 0)).toBe('ready');
  });

  test('after a while where there are no ids to compare', () => {
    expect(judgeHandover([quote, quiet], 499)).toBe('wait');
    expect(judgeHandover([quote, quiet], 500)).toBe('ready');
  });

  test('after 10 s without what was expected, where the old one no longer delivers it either', () => {
    const missing = { ...quote, oldFrames: 0, nextFrames: 0 };
    expect(judgeHandover([trade, missing], 9999)).toBe('wait');
    expect(judgeHandover([trade, missing], 10_000)).toBe('ready');
  });
});

describe('the next connection does not take over', () => {
  test('before the old one has come to where the next one begins', () => {
    expect(judgeHandover([{ ...trade, oldLastId: 98 }], 1000)).toBe('wait');
  });

  test('before every stream that the old one delivers has come', () => {
    expect(judgeHandover([trade, { ...quote, nextFrames: 0 }], 9999)).toBe('wait');
    expect(judgeHandover([trade, { ...quiet, oldFrames: 1 }], 9999)).toBe('wait');
  });

  test('at all where a stream never comes that the old one goes on delivering', () => {
    expect(judgeHandover([trade, { ...quote, nextFrames: 0 }], 10_000)).toBe('failed');
  });
});
