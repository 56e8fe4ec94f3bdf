import { describe, expect, test } from 'vitest';
import {
  findBlockMs,
  parseRetryAfterMs,
  planEndpoint,
  planHandshakeMs,
  planReconnectMs,
} from './reconnect.ts';

const network = { kind: 'network' } as const;
const exchange = { kind: 'exchange' } as const;

describe('while the network is gone', () => {
  test('no attempt is more than 1.5 s after the last, and the window is never used up', () => {
    for (const random of [0, 0.5, 0.999]) {
      for (let failures = 1; failures < 400; failures += 13) {
        const waitMs = planReconnectMs(network, failures, 9 * 60_000, () => random);
        expect(waitMs).toBeGreaterThanOrEqual((5 * 60_000) / 280);
        expect(waitMs).toBeLessThanOrEqual(1500);
      }
    }
  });

  test('after ten minutes attempts become rarer', () => {
    expect(planReconnectMs(network, 400, 10 * 60_000, () => 1)).toBe(15_000);
  });

  test('a first packet is sent within 2 s of its return, whatever attempt is under way', () => {
    // A handshake sends its first packet at once, and again after 1, 3 and 7 s.
    const againMs = [0, 1000, 3000, 7000];
    for (let failures = 1; failures < 30; failures++) {
      const timeoutMs = planHandshakeMs(failures, 60_000);
      const sentMs = againMs.filter((ms) => ms < timeoutMs);
      const pauses = [...sentMs, timeoutMs].map((ms, i, all) => ms - (all[i - 1] ?? 0));
      expect(Math.max(...pauses)).toBeLessThanOrEqual(2000);
    }
  });
});

describe('an exchange that closes or refuses', () => {
  test('is tried twice as late after each failure, up to 300 s', () => {
    const waits = Array.from({ length: 11 }, (_, i) =>
      planReconnectMs(exchange, i + 1, 0, () => 1),
    );
    const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    expect(waits).toEqual(seconds.map((s) => s * 1000));
  });

  test.each([
    [429, 7000, 7000],
    [429, undefined, 60_000],
    [418, 3_600_000, 3_600_000],
    [418, undefined, 120_000],
    [503, 30_000, 30_000],
    [502, undefined, 0],
  ])('with status %i and Retry-After %s is left alone for %i ms', (status, retryAfterMs, ms) => {
    expect(findBlockMs({ kind: 'refused', status, retryAfterMs })).toBe(ms);
  });

  test('says so in seconds or as a date', () => {
    const nowMs = Date.parse('2026-11-20T12:00:00Z');
    expect(parseRetryAfterMs('120', nowMs)).toBe(120_000);
    expect(parseRetryAfterMs('Fri, 20 Nov 2026 12:00:30 GMT', nowMs)).toBe(30_000);
    expect(parseRetryAfterMs('soon', nowMs)).toBeUndefined();
    expect(parseRetryAfterMs(undefined, nowMs)).toBeUndefined();
  });
});

test('a second failure leads to the next endpoint; the lanes begin with different ones', () => {
  const tried = (lane: number) => [0, 1, 2, 3, 4].map((failed) => planEndpoint(3, lane, failed));
  expect(tried(0)).toEqual([0, 0, 1, 2, 0]);
  expect(tried(1)).toEqual([1, 1, 2, 0, 1]);
  expect(planEndpoint(1, 1, 5)).toBe(0);
});
