import { describe, expect, test } from 'vitest';
import { FillQueue } from './fill-queue.ts';
import type { IdRange } from './id-ranges.ts';

type Symbol = { name: string; trades: { gaps: IdRange[] } };

function symbol(name: string, ...gaps: [number, number][]): Symbol {
  return { name, trades: { gaps: gaps.map(([from, to]) => ({ from, to })) } };
}

/** Serves pages of `size` ids until nothing is left; the names in the order they were served. */
function serve(symbols: Symbol[], size: number, maxPages = 1000): string[] {
  const queue = new FillQueue<Symbol>();
  const served: string[] = [];
  while (served.length < maxPages) {
    const task = queue.take(symbols, 0);
    if (task === undefined) return served;
    const { source, gap } = task;
    served.push(source.name);
    const left = source.trades.gaps.filter(({ from }) => from !== gap.from);
    if (gap.to - gap.from + 1 > size) left.push({ from: gap.from + size, to: gap.to });
    source.trades.gaps = left.sort((a, b) => a.from - b.from);
    queue.finish(source);
  }
  return served;
}

describe('fills', () => {
  test('of 1,500 small gaps all come before the second page of a huge one', () => {
    const small = Array.from({ length: 1500 }, (_, i) => symbol(`s${i}`, [1, 5]));
    const served = serve([symbol('huge', [1, 1_000_000]), ...small], 1000, 2000);
    expect(new Set(served.slice(0, 1501)).size).toBe(1501);
    expect(served.indexOf('huge')).toBe(1500);
  });

  test('of a huge gap go on while others keep coming', () => {
    const huge = symbol('huge', [1, 10_000]);
    const busy = symbol(
      'busy',
      ...Array.from({ length: 50 }, (_, i) => [i * 9, i * 9] as [number, number]),
    );
    const served = serve([busy, huge], 1000, 20);
    expect(served.filter((name) => name === 'huge').length).toBe(10);
  });

  test('of one symbol begin with its smallest gap, one page at a time', () => {
    const queue = new FillQueue<Symbol>();
    const one = symbol('one', [1, 9], [20, 21]);
    expect(queue.take([one], 0)?.gap).toEqual({ from: 20, to: 21 });
    expect(queue.take([one], 0)).toBeUndefined();
    queue.finish(one);
    expect(queue.take([one], 0)?.gap).toEqual({ from: 20, to: 21 });
  });

  test('that failed are put off for longer each time, without keeping others waiting', () => {
    const queue = new FillQueue<Symbol>();
    const one = symbol('one', [1, 2], [10, 19]);
    const waits: number[] = [];
    for (let nowMs = 0; waits.length < 8; nowMs += 1000) {
      const task = queue.take([one], nowMs);
      if (task !== undefined && task.gap.to === 2) {
        waits.push(nowMs);
        queue.delay(task, nowMs);
      }
      queue.finish(one);
    }
    const apart = waits.slice(1).map((ms, i) => (ms - waits[i]!) / 1000);
    expect(apart).toEqual([1, 2, 4, 8, 16, 32, 60]);
    expect(queue.take([one], waits.at(-1)! + 1000)?.gap).toEqual({ from: 10, to: 19 });
  });
});
