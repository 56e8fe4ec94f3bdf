import { describe, expect, test } from 'vitest';
import { ConnectPacing } from './connect-pacing.ts';

const limits = { count: 3, windowMs: 1000 };
const [a, b] = [{}, {}];

test('admits so many attempts per window and no more', () => {
  const pacing = new ConnectPacing(limits);
  const admitted = [0, 10, 20, 30, 999].map((nowMs) => pacing.admit(a, nowMs));
  expect(admitted).toEqual([true, true, true, false, false]);
  const later = [1000, 1001, 1010].map((nowMs) => pacing.admit(a, nowMs));
  expect(later).toEqual([true, false, true]);
});

test('admits nobody while the exchange wants to be left alone', () => {
  const pacing = new ConnectPacing(limits);
  pacing.block(500);
  pacing.block(300);
  expect(pacing.admit(a, 499)).toBe(false);
  expect(pacing.admit(b, 500)).toBe(true);
});

describe('while the network is gone', () => {
  test('one feed knocks for all, and all follow when it is answered', () => {
    const pacing = new ConnectPacing(limits);
    pacing.noteUnreachable(a);
    pacing.noteUnreachable(b);
    expect(pacing.isRelieved(b)).toBe(true);
    expect([pacing.admit(b, 0), pacing.admit(a, 0)]).toEqual([false, true]);
    pacing.noteReached();
    expect(pacing.isRelieved(b)).toBe(false);
    expect(pacing.admit(b, 1)).toBe(true);
  });

  test('another feed knocks when the one that did has stopped', () => {
    const pacing = new ConnectPacing(limits);
    pacing.noteUnreachable(a);
    pacing.leave(b);
    expect(pacing.admit(b, 0)).toBe(false);
    pacing.leave(a);
    expect(pacing.admit(b, 0)).toBe(true);
  });
});

test('knows connections that fall together', () => {
  const pacing = new ConnectPacing(limits);
  expect([0, 900, 3000].map((nowMs) => pacing.noteLoss(nowMs))).toEqual([false, true, false]);
});
