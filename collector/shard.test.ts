import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planShards } from './shard.ts';

test('puts every stream on one connection, none too full, symbols undivided', () => {
  const plan = fc.record({
    symbols: fc.integer({ min: 1, max: 60 }),
    max: fc.integer({ min: 2, max: 40 }),
  });
  fc.assert(
    fc.property(plan, ({ symbols, max }) => {
      const streams = Array.from({ length: symbols * 2 }, (_, i) => ({
        name: `s${i}`,
        symbol: `S${Math.floor(i / 2)}`,
        channel: i % 2 === 0 ? 'trade' : 'bookTicker',
      }));
      const shards = planShards(streams, max);
      expect(shards.flat()).toEqual(streams);
      for (const shard of shards) expect(shard.length).toBeLessThanOrEqual(max);
      const homes = shards.flatMap((shard) => [...new Set(shard.map(({ symbol }) => symbol))]);
      expect(homes.length).toBe(symbols);
    }),
  );
});

test('fills connections evenly', () => {
  const streams = Array.from({ length: 1500 }, (_, i) => ({
    name: `${i}`,
    symbol: `${i}`,
    channel: 't',
  }));
  expect(planShards(streams, 1024).map((shard) => shard.length)).toEqual([750, 750]);
});

test('divides a symbol only where it has more streams than a connection may carry', () => {
  const streams = Array.from({ length: 5 }, (_, i) => ({
    name: `${i}`,
    symbol: 'A',
    channel: `${i}`,
  }));
  expect(planShards(streams, 2).map((shard) => shard.length)).toEqual([2, 2, 1]);
});
