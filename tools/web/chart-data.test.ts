// The pure parts of the chart page: what is loaded, what is marked, what the URL says, what is live.

import { describe, expect, it } from 'vitest';
import { parseBar } from './assets/bar.js';
import { BarWindow, maxBars } from './assets/bar-window.js';
import { formatChartView, parseChartView } from './assets/chart-view.js';
import { judgeLive } from './assets/live-state.js';
import { layOut, maxGapSlots } from './assets/stretches.js';

const startMs = Date.UTC(2026, 10, 21);

function bar(second: number, other: object = {}) {
  const window_start = new Date(startMs + second * 1000).toISOString().replace('Z', '000Z');
  const price = { open: 1, high: 2, low: 1, close: 2 };
  return parseBar({ window_start, ...price, trade_count: 1, complete: true, ...other }, '1s');
}
const bars = (...seconds: number[]) => seconds.map((second) => bar(second));
const secondsOf = (window: BarWindow) => window.bars.map(({ time }) => time - startMs / 1000);

describe('what is loaded', () => {
  it('joins pages without a hole and without a double, whatever they overlap', () => {
    const window = new BarWindow();
    window.prepend(bars(5, 6, 8), 3);
    window.prepend(bars(2, 3, 5), 3);
    window.append(bars(8, 9), 3);
    expect(secondsOf(window)).toEqual([2, 3, 5, 6, 8, 9]);
    expect([window.isAtStart, window.isAtEnd]).toEqual([false, true]);
    window.prepend(bars(1), 3);
    expect(window.isAtStart).toBe(true);
  });

  it('takes a live bar once, in its place, and a final one over one that grew, never back', () => {
    const window = new BarWindow();
    window.append(bars(1, 2), 3);
    expect(window.take(bar(3, { close: 5, final: false }), 1)).toBe('last');
    expect(window.take(bar(3, { close: 6 }), 1)).toBe('last');
    expect(window.take(bar(3, { close: 5, final: false }), 1)).toBe('none');
    expect(window.bars.at(-1)?.close).toBe(6);
    expect(window.take(bar(6), 1)).toBe('some');
    expect(window.take(bar(4), 1)).toBe('some');
    expect(secondsOf(window)).toEqual([1, 2, 3, 4, 6]);
  });

  it('takes no live bar while the newest page is not loaded: a hole would look like a gap', () => {
    const window = new BarWindow();
    window.append(bars(1, 2), 2);
    expect(window.take(bar(50), 1)).toBe('none');
    expect(secondsOf(window)).toEqual([1, 2]);
  });

  it('is bounded, and cut where nobody looks', () => {
    const window = new BarWindow();
    const count = maxBars - 10;
    window.append(
      Array.from({ length: count }, (_, i) => bar(i)),
      count + 1,
    );
    window.prepend(
      Array.from({ length: 20 }, (_, i) => bar(i - 20)),
      20,
    );
    expect(window.bars).toHaveLength(maxBars);
    expect([secondsOf(window)[0], window.isAtEnd]).toEqual([-20, false]);
  });
});

describe('what is marked', () => {
  it('is each stretch that is missing, incomplete or filled, with its exact ends', () => {
    const marked = [
      bar(0),
      bar(1, { complete: false }),
      bar(2, { complete: false }),
      bar(5, { backfilled: 3 }),
      bar(6),
      bar(7, { complete: false, final: false }),
    ];
    const { slots, stretches } = layOut(marked, 1);
    expect(slots.map(({ time, bar }) => [time - startMs / 1000, bar !== undefined])).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, false],
      [4, false],
      [5, true],
      [6, true],
      [7, true],
    ]);
    const second = startMs / 1000;
    expect(stretches).toMatchObject([
      { kind: 'gap', from: second + 3, to: second + 5, fromSlot: 3, toSlot: 4, intervals: 2 },
      { kind: 'incomplete', from: second + 1, to: second + 3, fromSlot: 1, toSlot: 2 },
      { kind: 'filled', from: second + 5, to: second + 6, trades: 3 },
    ]);
    expect(stretches).toHaveLength(3);
  });

  it('is shortened where it is long, and keeps its length in words', () => {
    const { slots, stretches } = layOut(bars(0, 100_000), 1);
    expect(slots).toHaveLength(maxGapSlots + 2);
    expect(new Set(slots.map(({ time }) => time)).size).toBe(slots.length);
    expect(stretches).toMatchObject([{ kind: 'gap', intervals: 99_999, missingSeconds: 99_999 }]);
  });
});

describe('the URL', () => {
  it('brings the same view back', () => {
    const view = {
      exchange: 'venue',
      symbol: 'A&B=<c>',
      interval: '5m',
      from: 1_795_000_000,
      to: 1_795_009_000,
    } as const;
    const search = formatChartView({ ...view, theme: 'dark', zone: 'utc' });
    expect(parseChartView(search)).toMatchObject(view);
    expect(search).toMatch(/tz=utc&theme=dark$/);
    const live = formatChartView({ ...view, to: undefined, bars: 80, zone: 'local' });
    expect(parseChartView(live)).toMatchObject({ symbol: 'A&B=<c>', bars: 80 });
    expect(parseChartView(live).from).toBeUndefined();
  });

  it('is left out where it says what cannot be', () => {
    const search = '?interval=2m&from=2026-11-21&to=2026-11-20&bars=-1&symbol=X';
    expect(parseChartView(search)).toEqual({ symbol: 'X' });
    expect(parseChartView('?from=yesterday&to=2026-11-20&interval=constructor')).toEqual({});
  });
});

it.each([
  [{ feedState: 'offline' }, 'bad', 'Offline, reconnecting'],
  [{ isOnline: false }, 'bad', 'Offline, reconnecting'],
  [{ feedState: 'connecting' }, '', 'Connecting'],
  [{ heardMs: 0, lastEndMs: undefined }, 'warn', 'No live data'],
  [{ lastEndMs: 88_000 }, 'warn', 'Behind 12 s'],
  [{ width: 60, lastEndMs: 160_000, heardMs: 80_000 }, 'warn', 'Behind 20 s'],
  [{ width: 60, lastEndMs: 160_000 }, 'good', 'Live'],
  [{ width: 60, lastEndMs: 40_000 }, 'warn', 'Behind 60 s'],
  [{}, 'good', 'Live'],
  [{ isFollowing: false }, 'good', 'Live · looking back'],
] as const)('says of %j that it is %s, "%s"', (facts, state, text) => {
  const well = {
    feedState: 'open',
    isOnline: true,
    heardMs: 99_500,
    nowMs: 100_000,
    lastEndMs: 99_000,
    isFollowing: true,
    width: 1,
  } as const;
  expect(judgeLive({ ...well, ...facts })).toEqual({ state, text });
});
