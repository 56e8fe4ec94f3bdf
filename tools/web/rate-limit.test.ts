import { expect, it } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const limits = { burst: 3, perSecond: 2, maxAddresses: 100 };

it('grants a burst, then so many a second, to each address by itself', () => {
  const limit = new RateLimit(limits);
  const take = (nowMs: number, address = '10.0.0.1') => limit.take(address, nowMs);
  expect([0, 0, 0, 0].map((ms) => take(ms))).toEqual([0, 0, 0, 500]);
  expect(take(0, '10.0.0.2')).toBe(0);
  expect(take(400)).toBe(100);
  expect([500, 500, 1000, 1000].map((ms) => take(ms))).toEqual([0, 500, 0, 500]);
  expect([60_000, 60_000, 60_000, 60_000].map((ms) => take(ms))).toEqual([0, 0, 0, 500]);
});

it('remembers no more than so many addresses, those that asked last', () => {
  const limit = new RateLimit(limits);
  const exhaust = (address: string) => [0, 0, 0].map((ms) => limit.take(address, ms));
  exhaust('busy');
  for (let i = 0; i < 10_000; i++) {
    limit.take(`10.1.${i >> 8}.${i & 255}`, 0);
    if (i % 50 === 0) expect(limit.take('busy', 0)).toBe(500);
  }
  expect(limit.size).toBe(100);
});

it('counts a network of IPv6 addresses, which one customer has, as one', () => {
  const limit = new RateLimit(limits);
  const last = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9'];
  expect(last.map((address) => limit.take(address, 0))).toEqual([0, 0, 0, 500]);
  expect(limit.take('2001:db8:1:3::1', 0)).toBe(0);
  expect(limit.take('::ffff:10.0.0.1', 0)).toBe(0);
});
