import { expect, it } from 'vitest';
import { openSystemClock } from '../../../lake/clock.ts';
import { silentLog } from '../../../lake/log.ts';
import { openFreshTail } from './fresh-tail.ts';

const instruments = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ exchange: 'binance', symbol }));

/** A tail whose refresh takes so long, by a clock of its own. */
function openSlowTail(takesMs: number) {
  let nowMs = 100_000;
  const refreshed: string[] = [];
  const tail = openFreshTail(
    {
      async refresh(wanted = []) {
        nowMs += takesMs;
        refreshed.push(wanted.map(({ symbol }) => symbol).join());
      },
      close() {},
    },
    { ...openSystemClock(), monotonicMs: () => nowMs },
    silentLog,
  );
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { tail, refreshed, pass };
}

it('is up to date after one refresh, however long that takes', async () => {
  const { tail, refreshed, pass } = openSlowTail(3000);
  expect(await tail.freshen(instruments, 20_000)).toBe(true);
  expect(refreshed).toEqual(['BTCUSDT,ETHUSDT']);
  pass(2000);
  expect(await tail.freshen(instruments, 20_000)).toBe(true);
  expect(refreshed).toHaveLength(2);
});

it('says so where the time was up before', async () => {
  const { tail, refreshed } = openSlowTail(3000);
  expect(await tail.freshen(instruments, 0)).toBe(false);
  expect(refreshed).toEqual([]);
});
