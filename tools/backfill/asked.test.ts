import { describe, expect, it } from 'vitest';
import { type AskedEntry, noteAbsent, planAsk } from './asked.ts';
import type { IdRange } from './id-ranges.ts';

const hourUs = 3_600_000_000;
const nowUs = 1_000_000 * hourUs;
const missing: IdRange[] = [
  [10, 19],
  [30, 39],
];
const archive = (absent: IdRange[], at = nowUs, unpublished = false) =>
  ({ source: 'archive', absent, unpublished, nowUs: at }) as const;

describe('planAsk', () => {
  const entries = noteAbsent([], missing, archive([[10, 14]]));

  it('asks each source for what it was not asked for', () => {
    expect(planAsk(missing, entries, 'rest', nowUs)).toEqual(missing);
    expect(planAsk(missing, entries, 'archive', nowUs)).toEqual([
      [15, 19],
      [30, 39],
    ]);
  });

  it.each([
    ['a file that lacks them again after 20 hours', false, 19, 20],
    ['a file that was not there again after 3 hours', true, 2, 3],
  ])('asks for %s', (_, unpublished, before, after) => {
    const asked = noteAbsent([], missing, archive(missing, nowUs, unpublished));
    expect(planAsk(missing, asked, 'archive', nowUs + before * hourUs)).toEqual([]);
    expect(planAsk(missing, asked, 'archive', nowUs + after * hourUs)).toEqual(missing);
  });

  it('gives up a week after the first time, however often it was asked since', () => {
    let asked: AskedEntry[] = [];
    for (let day = 0; day <= 7; day++) {
      const at = nowUs + day * 24 * hourUs;
      expect(planAsk(missing, asked, 'archive', at)).toEqual(missing);
      asked = noteAbsent(asked, missing, archive(missing, at));
    }
    expect(planAsk(missing, asked, 'archive', nowUs + 8 * 24 * hourUs)).toEqual([]);
  });

  it('asks at once where the clock has been set back', () => {
    expect(planAsk(missing, entries, 'archive', nowUs - 1)).toEqual(missing);
  });
});

describe('noteAbsent', () => {
  it('forgets what is not missing any more, and keeps when a part of a range was first asked for', () => {
    const asked = noteAbsent([], missing, archive(missing));
    const later = noteAbsent(asked, [[12, 15]], archive([[12, 13]], nowUs + hourUs));
    const times = later.map((entry) => [entry.from_id, entry.to_id, entry.asked_us - nowUs]);
    expect(times).toEqual([
      [14, 15, 0],
      [12, 13, hourUs],
    ]);
    expect(later.every((entry) => entry.first_asked_us === nowUs)).toBe(true);
  });
});
