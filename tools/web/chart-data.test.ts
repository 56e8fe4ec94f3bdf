// The pure parts of the chart page: what is loaded, what is marked, what the URL says, what is live.

import { describe, expect, it } from 'vitest';
import { parseBar } from './assets/bar.js';
import { listValues } from './assets/bar-values.js';
import { BarWindow, maxBars } from './assets/bar-window.js';
import { formatChartView, parseChartView } from './assets/chart-view.js';
import { markGrowing } from './assets/history-loader.js';
import { findReachMs, judgeLive } from './assets/live-state.js';
import { findNextPath, formatLoginPath } from './assets/login-address.js';
import { RequestError } from './assets/request.js';
import { findRetryMs, RetryError } from './assets/retry.js';
import { makeLine } from './assets/slot-lines.js';
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

  const notHeard = { complete: false, backfilled: 2 };
  const flat = { complete: false, trade_count: 0 };
  const marksOf = (...marked: ReturnType<typeof bar>[]) =>
    layOut(marked, 1).stretches.map(({ kind, intervals }) => `${kind} ${intervals}`);

  it('is only filled where all was filled in, with the seconds between that had no trade', () => {
    const marked = [bar(0), bar(1, flat), bar(2, notHeard), bar(3, flat), bar(4, notHeard), bar(5)];
    expect(marksOf(...marked)).toEqual(['filled 4']);
    expect(layOut(marked, 1).slots.map(({ isMended }) => isMended)).toEqual([
      ...[false, true, true, true, true, false],
    ]);
    expect(marksOf(bar(0), bar(1, flat), bar(2))).toEqual(['incomplete 1']);
    expect(marksOf(bar(0, notHeard), bar(1, { complete: false }))).toEqual([
      'incomplete 1',
      'filled 1',
    ]);
  });

  it('stays incomplete where seconds or trades are missing, filled or not', () => {
    const minute = { ...notHeard, first_trade_id: 10, trade_count: 5 };
    const lay = (row: object) => {
      const window_start = new Date(startMs).toISOString();
      return layOut([parseBar({ window_start, ...row }, '1m')], 60).stretches.map(
        ({ kind }) => kind,
      );
    };
    expect(lay({ ...minute, seconds: 60, last_trade_id: 14 })).toEqual(['filled']);
    expect(lay({ ...minute, seconds: 59, last_trade_id: 14 })).toEqual(['incomplete', 'filled']);
    expect(lay({ ...minute, seconds: 60, last_trade_id: 15 })).toEqual(['incomplete', 'filled']);
    const ids = (first: number) => ({ first_trade_id: first, last_trade_id: first });
    expect(
      marksOf(bar(0, ids(1)), bar(1, { ...notHeard, ...ids(2), trade_count: 1 }), bar(2, ids(4))),
    ).toEqual(['incomplete 1', 'filled 1']);
  });

  it('is not what has only just ended, whose last seconds are still on their way', () => {
    const lacking = { complete: false, seconds: 0 };
    const page = [bar(0, lacking), bar(20, lacking), bar(30), bar(31)];
    markGrowing(page, 1, startMs + 33_000);
    expect(page.map(({ isFinal }) => isFinal)).toEqual([true, false, true, false]);
  });

  it('marks missing trades from the bar of the trade before to that of the trade after, and counts them', () => {
    const at = startMs / 1000;
    const holes = [
      { from: at + 4, to: at + 6, firstTradeId: 41, lastTradeId: 60 },
      { from: at + 5, to: at + 8, firstTradeId: 71, lastTradeId: 71 },
      { from: at + 20, to: at + 22, firstTradeId: 90, lastTradeId: 95 },
    ];
    const { slots, stretches } = layOut(bars(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 1, holes);
    const [missing, ...others] = stretches.filter(({ kind }) => kind === 'trades');
    expect(others).toEqual([]);
    expect(missing).toMatchObject({ fromSlot: 4, toSlot: 7, from: at + 4, to: at + 8, trades: 21 });
    expect(slots.map(({ lacking }) => lacking)).toEqual([0, 0, 0, 0, 20, 21, 1, 1, 0, 0]);
    const minutes = layOut(bars(0, 60, 120), 60, [{ ...holes[0]!, from: at + 59, to: at + 61 }]);
    expect(minutes.stretches.at(-1)).toMatchObject({ kind: 'trades', fromSlot: 0, toSlot: 1 });
  });

  it('ends a line where there is no quote, instead of drawing it on to the next', () => {
    const { slots } = layOut(bars(0, 1, 4, 5), 1);
    const spread = slots.map((slot) => ({ ...slot, bar: slot.bar && { ...slot.bar, spread: 2 } }));
    const point = (second: number) => ({ time: startMs / 1000 + second, value: 2 });
    const none = (second: number) => ({ time: startMs / 1000 + second });
    const ended = { ...point(1), color: 'transparent' };
    const expected = [point(0), ended, none(2), none(3), point(4), point(5)];
    expect(makeLine(spread, 'spread')).toEqual(expected);
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
  [{ reachMs: 0 }, 'warn', 'No live data'],
  [{ reachMs: 988_000 }, 'warn', 'Behind 12 s'],
  [{ width: 60, reachMs: 880_000 }, 'warn', 'Behind 2 min'],
  [{ width: 60, reachMs: 988_000 }, 'good', 'Live'],
  [{}, 'good', 'Live'],
  [{ isFollowing: false }, 'good', 'Live · looking back'],
] as const)('says of %j that it is %s, "%s"', (facts, state, text) => {
  const well = {
    feedState: 'open',
    isOnline: true,
    reachMs: 999_000,
    nowMs: 1_000_000,
    isFollowing: true,
    width: 1,
  } as const;
  expect(judgeLive({ ...well, ...facts })).toEqual({ state, text });
});

it('counts a minute that has begun by its seconds, so that one nobody goes on with is behind', () => {
  const window_start = new Date(startMs).toISOString();
  const growing = parseBar({ window_start, seconds: 10, final: false }, '1m');
  expect(findReachMs(growing, 60)).toBe(startMs + 10_000);
  expect(findReachMs({ ...growing, isFinal: true }, 60)).toBe(startMs + 60_000);
});

it('asks again when the server said, and says so; not what stays refused', () => {
  const busy = new RequestError(503, 'the lake cannot be read', 7);
  expect(findRetryMs(busy)).toBe(7000);
  expect(new RetryError(busy, 7000).message).toBe(
    'the lake cannot be read. Asks again by itself in 7 s.',
  );
  expect(findRetryMs(new RequestError(0, 'no answer'))).toBe(5000);
  expect(findRetryMs(new RequestError(503, 'busy', 0))).toBe(1000);
  expect(findRetryMs(new RequestError(503, 'busy', 1e9))).toBe(60_000);
  for (const thrown of [new RequestError(404, 'no such symbol', 7), new TypeError('a bug')])
    expect(findRetryMs(thrown)).toBeUndefined();
});

describe('the login', () => {
  const origin = 'https://lake.example';

  it('leads back to the page, view and question that were asked for', () => {
    for (const [pathname, search, hash] of [
      ['/', '?symbol=ETHUSDT&interval=1s', ''],
      ['/sql.html', '', '#sql=SELECT%201'],
      ['/health.html', '', ''],
    ] as const) {
      const { search: given, hash: kept } = new URL(
        formatLoginPath({ pathname, search, hash }),
        origin,
      );
      expect(findNextPath({ origin, search: given, hash: kept })).toBe(pathname + search + hash);
    }
    expect(findNextPath({ origin, search: '', hash: '' })).toBe('/');
  });

  it.each([
    'https://evil.example/sql.html',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/logout',
    '/..//evil.example/',
    'http://[',
    'https://lake.example@evil.example/',
  ])('leads nowhere else: %s', (next) => {
    const search = `?${new URLSearchParams({ next })}`;
    expect(findNextPath({ origin, search, hash: '' })).toBe('/');
  });
});

it('writes one dash for what a bar without quotes does not have', () => {
  const values = new Map(listValues(bar(0), 2).map(([name, value]) => [name, value]));
  expect(['Bid', 'Ask', 'Spread'].map((name) => values.get(name))).toEqual(['–', '–', '–']);
});
