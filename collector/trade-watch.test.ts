import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addRange, type IdRange, removeRange } from './id-ranges.ts';
import { TradeWatch } from './trade-watch.ts';

function open({ isContiguous = true } = {}) {
  let nowMs = 0;
  const found: [number, number][] = [];
  const late: IdRange[] = [];
  const watch = new TradeWatch({
    isContiguous,
    nowMs: () => nowMs,
    onGap: ({ from, to }) => found.push([from, to]),
    onLate: (ids) => late.push(...ids),
  });
  const wait = (ms: number) => {
    nowMs += ms;
    watch.tick();
  };
  const openLane = (conn: string) => {
    const lane = watch.openLane(conn);
    return { lane, send: (...ids: number[]) => ids.forEach((id) => void lane.note(id, 0)) };
  };
  return { watch, found, late, wait, openLane };
}

describe('one connection', () => {
  test('shows a gap with the very frame that jumps', () => {
    const { found, openLane, watch } = open();
    openLane('c1').send(5, 6, 7, 10, 11, 13);
    expect(found).toEqual([
      [8, 9],
      [12, 12],
    ]);
    expect(watch.newestId).toBe(13);
  });

  test('shows what was missed before its first trade, also over a restart', () => {
    const { found, openLane, watch } = open();
    watch.restore(100, [{ from: 40, to: 45 }]);
    openLane('c1').send(104, 105);
    expect(found).toEqual([[101, 103]]);
    expect(watch.gaps).toEqual([
      { from: 40, to: 45 },
      { from: 101, to: 103 },
    ]);
  });

  test('a first trade ever is no gap', () => {
    const { found, openLane } = open();
    openLane('c1').send(1_000_000);
    expect(found).toEqual([]);
  });

  test('an id that comes late shrinks the gap, and a copy changes nothing', () => {
    const { openLane, late, watch } = open();
    openLane('c1').send(1, 2, 6, 4, 6, 2);
    expect(watch.gaps).toEqual([
      { from: 3, to: 3 },
      { from: 5, to: 5 },
    ]);
    expect(late).toEqual([{ from: 4, to: 4 }]);
  });

  test('ids that may leave some out are never missing', () => {
    const { found, openLane, watch } = open({ isContiguous: false });
    openLane('c1').send(1, 5, 9);
    expect(found).toEqual([]);
    expect(watch.newestId).toBe(9);
  });
});

describe('a damaged id', () => {
  test.each([9e15, 2_000_000_000])('far ahead (%i) is not believed, and hides no gap', (id) => {
    const { found, openLane } = open();
    openLane('c1').send(1, 2, id, 3, 5);
    expect(found).toEqual([[4, 4]]);
  });

  test('near enough to be believed is taken back once it is refuted', () => {
    const { found, openLane, watch } = open();
    const { send } = openLane('c1');
    send(1, 2, 5000, 3, 4, 6);
    expect(watch.gaps).toEqual([
      { from: 5, to: 5 },
      { from: 7, to: 4999 },
    ]);
    watch.refute({ from: 7, to: 4999 });
    expect(watch.newestId).toBe(6);
    send(7, 8, 10);
    expect(found.at(-1)).toEqual([9, 9]);
  });

  test('far back is a copy, but ids that have started over are believed', () => {
    const { found, openLane, watch } = open();
    const { send } = openLane('c1');
    send(1000, 1001, 3, 1002);
    for (let id = 1; id <= 40; id++) send(id);
    expect(watch.newestId).toBe(40);
    send(43);
    expect(found).toEqual([[41, 42]]);
  });

  test('left by an earlier run as the newest does not blind the watch', () => {
    const { found, openLane, watch } = open();
    watch.restore(9_000_000, []);
    openLane('c1').send(500, 501, 503);
    expect(found).toEqual([[502, 502]]);
  });
});

describe('several connections', () => {
  test('a jump of the leading one is no gap while the other delivers', () => {
    const { found, openLane, wait } = open();
    const [a, b] = [openLane('c1'), openLane('c2')];
    a.send(1, 2);
    b.send(1, 2);
    a.send(5, 6);
    b.send(3, 4, 5);
    wait(10_000);
    a.send(7);
    expect(found).toEqual([]);
    expect(a.lane).toMatchObject({ first: 5, late: 0, missing: 2 });
    expect(b.lane).toMatchObject({ first: 2, late: 3, missing: 0 });
  });

  test('it is one as soon as the other has passed it too', () => {
    const { found, openLane } = open();
    const [a, b] = [openLane('c1'), openLane('c2')];
    a.send(1);
    b.send(1);
    a.send(4);
    expect(found).toEqual([]);
    b.send(2, 5);
    expect(found).toEqual([[3, 3]]);
    expect([a.lane.missing, b.lane.missing]).toEqual([1, 1]);
  });

  test('it is one as soon as the other has ended', () => {
    const { watch, found, openLane } = open();
    const [a, b] = [openLane('c1'), openLane('c2')];
    b.send(1);
    a.send(1, 4);
    watch.close(b.lane);
    expect(found).toEqual([[2, 3]]);
  });

  test('it is one after two seconds where the other hangs', () => {
    const { found, openLane, wait } = open();
    const [a, b] = [openLane('c1'), openLane('c2')];
    b.send(1);
    a.send(1, 4);
    wait(1999);
    expect(found).toEqual([]);
    wait(1);
    expect(found).toEqual([[2, 3]]);
    b.send(2, 3, 4);
    wait(0);
    expect(b.lane.first).toBe(3);
  });

  test('an overlapping hand-over leaves nothing to fill', () => {
    const { watch, found, openLane, wait } = open();
    const a = openLane('c1');
    a.send(1, 2, 3);
    const b = openLane('c2');
    b.send(6, 7);
    a.send(4, 5, 6);
    watch.close(a.lane);
    b.send(8);
    wait(5000);
    expect(found).toEqual([]);
  });
});

test('whatever arrives in whatever order on two connections, the gaps are what never came', () => {
  const frames = fc.array(
    fc.record({ lane: fc.boolean(), isLost: fc.boolean(), delay: fc.nat(6) }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(frames, (steps) => {
      const { watch, openLane, wait } = open();
      const lanes = [openLane('c1'), openLane('c2')];
      lanes[0]!.send(1);
      lanes[1]!.send(1);
      const arrivals = steps
        .map((step, index) => ({ ...step, id: index + 2 }))
        .filter(({ isLost }) => !isLost)
        .sort((a, b) => a.id + a.delay - (b.id + b.delay));
      for (const { lane, id } of arrivals) lanes[lane ? 1 : 0]!.send(id);
      wait(2000);
      const newest = Math.max(1, ...arrivals.map(({ id }) => id));
      const missing: IdRange[] = [];
      addRange(missing, { from: 1, to: newest });
      for (const { id } of arrivals) removeRange(missing, { from: id, to: id });
      removeRange(missing, { from: 1, to: 1 });
      expect(watch.newestId).toBe(newest);
      expect(watch.gaps).toEqual(missing);
    }),
    { numRuns: 500 },
  );
});
