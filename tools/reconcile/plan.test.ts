import { describe, expect, it } from 'vitest';
import { type DayMemory, emptyMemory, type Memory } from './memory.ts';
import { type BarsDay, planDay, planRun } from './plan.ts';
import { findDaySpan } from './spans.ts';

const [first, second, third] = ['2026-03-01', '2026-03-02', '2026-03-03'] as const;
const at = (time: string, day: string = third) => Date.parse(`${day}T${time}Z`) / 1000;
const overlapSeconds = 1800;

/** Three days of bars, the last of them running. */
const days: BarsDay[] = [
  {
    day: first,
    firstSecond: at('22:00:00', first),
    lastSecond: at('23:59:59', first),
    sha256: 'a',
  },
  {
    day: second,
    firstSecond: at('00:00:00', second),
    lastSecond: at('23:59:59', second),
    sha256: 'b',
  },
  { day: third, firstSecond: at('00:00:00'), lastSecond: at('11:59:59'), sha256: 'c' },
];
const finished = (sha256: string): DayMemory => ({
  compared: [],
  source: 'archive',
  bars_sha256: sha256,
  checked_at: `${third}T12:00:00Z`,
  is_finished: true,
  is_filled: true,
  differences: 0,
  missing_here: 0,
  missing_there: 0,
  first_unresolved: null,
});
const allDone: Memory = {
  ...emptyMemory,
  cursor: at('11:59:57'),
  days: {
    [first]: finished('a'),
    [second]: finished('b'),
    [third]: { ...finished('c'), is_finished: false },
  },
};
const noon = { nowSecond: at('12:00:30'), overlapSeconds };

describe('a scheduled run', () => {
  it('asks for nothing when nothing was published since the last one', () => {
    expect(planRun(days, allDone, noon)).toEqual([]);
    expect(planRun([], emptyMemory, noon)).toEqual([]);
  });

  it('compares what is new and the overlap before it, but not the seconds that still change', () => {
    const grown = [...days.slice(0, 2), { ...days[2]!, lastSecond: at('12:14:59'), sha256: 'd' }];
    const jobs = planRun(grown, allDone, { nowSecond: at('12:15:30'), overlapSeconds });
    const spans = [{ from: at('11:44:57'), to: at('12:14:57') }];
    expect(jobs).toMatchObject([{ day: third, kind: 'published', spans }]);
    const behind = { ...allDone, cursor: at('10:00:00') };
    expect(planRun(grown, behind, noon)).toMatchObject([
      { spans: [{ from: at('10:00:00'), to: at('12:00:25') }] },
    ]);
  });

  it('looks back a day at most the first time, and never before the first bar', () => {
    const jobs = planRun(days, emptyMemory, noon).filter(({ kind }) => kind === 'published');
    expect(jobs).toMatchObject([
      { day: second, spans: [{ from: at('11:59:57', second), to: at('00:00:00') }] },
      { day: third, spans: [{ from: at('00:00:00'), to: at('11:59:57') }] },
    ]);
    const [only] = planRun([days[2]!], emptyMemory, noon);
    expect(only).toMatchObject({ day: third, spans: [{ from: at('00:00:00') }] });
  });

  it('compares days that are over as a whole, newest first, two at a time, from the first bar on', () => {
    const jobs = planRun(days, { ...allDone, days: { [third]: allDone.days[third]! } }, noon);
    expect(jobs).toMatchObject([
      { day: second, kind: 'day', spans: [findDaySpan(second)], mayWait: true, isLate: false },
      {
        day: first,
        kind: 'day',
        spans: [{ from: at('22:00:00', first), to: at('00:00:00', second) }],
        mayWait: false,
        isLate: true,
      },
    ]);
  });

  it('compares a finished day again when its bars have changed', () => {
    const changed = [{ ...days[0]!, sha256: 'x' }, ...days.slice(1)];
    expect(planRun(changed, allDone, noon)).toMatchObject([{ day: first, kind: 'day' }]);
  });

  it('asks the archive again after an hour', () => {
    const waiting = (minutesAgo: number): Memory => ({
      ...allDone,
      days: { ...allDone.days, [second]: { ...finished('b'), is_finished: false } },
      archive_asked: { [second]: noon.nowSecond - minutesAgo * 60 },
    });
    expect(planRun(days, waiting(59), noon)).toEqual([]);
    expect(planRun(days, waiting(60), noon)).toMatchObject([{ day: second, kind: 'day' }]);
  });

  it('looks at what is unresolved again only when the bars have changed, a fill is due, or an hour has passed', () => {
    const plan = (more: Partial<DayMemory>) => {
      const unresolved = { ...allDone.days[third]!, differences: 2, ...more };
      const memory = { ...allDone, days: { ...allDone.days, [third]: unresolved } };
      return planRun(days, memory, noon).map(({ kind }) => kind);
    };
    expect(plan({})).toEqual([]);
    expect(plan({ is_filled: false })).toEqual(['unresolved']);
    expect(plan({ checked_at: `${third}T11:00:30Z` })).toEqual(['unresolved']);
    expect(plan({ checked_at: `${third}T11:00:31Z` })).toEqual([]);
    expect(plan({ bars_sha256: 'before' })).toEqual(['published', 'unresolved']);
  });
});

describe('a run for a day', () => {
  it('takes all of it, whatever was compared before', () => {
    expect(planDay(days, second, noon.nowSecond)).toMatchObject([
      { kind: 'day', spans: [findDaySpan(second)], isOver: true, mayWait: false },
    ]);
    expect(planDay(days, third, noon.nowSecond)).toMatchObject([
      { spans: [{ from: at('00:00:00'), to: at('11:59:57') }], isOver: false },
    ]);
    expect(planDay(days, '2026-03-09', noon.nowSecond)).toEqual([]);
  });
});
