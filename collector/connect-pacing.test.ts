import { describe, expect, test } from 'vitest';
import { ConnectPacing } from './connect-pacing.ts';
import { Retry } from './retry.ts';

const limits = { count: 3, windowMs: 1000 };
const [a, b] = [{}, {}];
const noRest = { findBlockMs: () => 0, block: () => {} };

test('admits so many attempts per window and no more', () => {
  const pacing = new ConnectPacing(limits, noRest);
  const admitted = [0, 10, 20, 30, 999].map((nowMs) => pacing.admit(a, nowMs));
  expect(admitted).toEqual([true, true, true, false, false]);
  const later = [1000, 1001, 1010].map((nowMs) => pacing.admit(a, nowMs));
  expect(later).toEqual([true, false, true]);
});

test('admits nobody while the exchange wants to be left alone', () => {
  const pacing = new ConnectPacing(limits, noRest);
  pacing.block(0, 500, 429);
  pacing.block(0, 300, 503);
  expect(pacing.admit(a, 499)).toBe(false);
  expect(pacing.admit(b, 500)).toBe(true);
});

describe('while the network is gone', () => {
  test('one feed knocks for all, and all follow when it is answered', () => {
    const pacing = new ConnectPacing(limits, noRest);
    pacing.noteUnreachable(a);
    pacing.noteUnreachable(b);
    expect(pacing.isRelieved(b)).toBe(true);
    expect([pacing.admit(b, 0), pacing.admit(a, 0)]).toEqual([false, true]);
    pacing.noteReached();
    expect(pacing.isRelieved(b)).toBe(false);
    expect(pacing.admit(b, 1)).toBe(true);
  });

  test('another feed knocks when the one that did has stopped', () => {
    const pacing = new ConnectPacing(limits, noRest);
    pacing.noteUnreachable(a);
    pacing.leave(b);
    expect(pacing.admit(b, 0)).toBe(false);
    pacing.leave(a);
    expect(pacing.admit(b, 0)).toBe(true);
  });
});

test('knows connections that fall together', () => {
  const pacing = new ConnectPacing(limits, noRest);
  expect([0, 900, 3000].map((nowMs) => pacing.noteLoss(nowMs))).toEqual([false, true, false]);
});

describe('an address that is refused', () => {
  const refuse = (status: number) => ({ kind: 'refused', status, retryAfterMs: 90_000 }) as const;

  test('on an upgrade asks nothing over REST either, and one attempt alone is no such refusal', () => {
    const blocks: unknown[] = [];
    const rest = { findBlockMs: () => 0, block: (...block: number[]) => blocks.push(block) };
    const retry = new Retry(new ConnectPacing(limits, rest), () => 0);
    for (const status of [503, 429, 418]) retry.fail(refuse(status), 0);
    expect(blocks).toEqual([
      [90_000, 429],
      [90_000, 418],
    ]);
  });

  test('over REST connects at once after a loss, and then knocks once a minute at most', () => {
    const rest = { ...noRest, findBlockMs: () => 3_600_000 };
    const retry = new Retry(new ConnectPacing(limits, rest), () => 0);
    const end = { code: 1006, reason: '', failure: { kind: 'network' }, flowedMs: 60_000 } as const;
    expect(retry.lose(end, 0)).toBe(0);
    expect(retry.admit(0)).toBe(true);
    expect(retry.fail({ kind: 'network' }, 10)).toBe(60_000);
    expect([retry.admit(60_009), retry.admit(60_010)]).toEqual([false, true]);
  });
});
