import { describe, expect, it } from 'vitest';
import { startOfDayUs } from '../../lake/day.ts';
import { type DayFacts, findHold, findHoldEndUs } from './due.ts';

const whole: DayFacts = { untransformed: 0, open: 0, ids: [100, 200], missing: 0, gaps: [] };
const hold = (facts: Partial<DayFacts>, hoursAfterEnd: number) =>
  findHold(
    '2026-03-01',
    { ...whole, ...facts },
    {
      nowUs: startOfDayUs('2026-03-02') + hoursAfterEnd * 3_600_000_000,
      settleMinutes: 120,
      waitHours: 48,
    },
  );

describe('a day is held back', () => {
  it('until it is over and settled', () => {
    expect(hold({}, -1)).toBe('the day is not over long enough');
    expect(hold({}, 1.9)).toBe('the day is not over long enough');
    expect(hold({}, 2)).toBeUndefined();
  });

  it.each<[string, Partial<DayFacts>, string]>([
    [
      'its parts are transformed',
      { untransformed: 2 },
      '2 of its raw parts are not transformed yet',
    ],
    ['its parts are sealed', { open: 1 }, '1 of its raw parts are not sealed yet'],
    ['its missing trades are filled', { missing: 7 }, '7 trades of it are missing'],
    ['its gaps are closed', { gaps: [[150, 160]] }, 'the collector is still filling 1 gaps of it'],
    [
      'a gap at its end is closed',
      { gaps: [[201, 205]] },
      'the collector is still filling 1 gaps of it',
    ],
    [
      'a gap at its start is closed',
      { gaps: [[90, 99]] },
      'the collector is still filling 1 gaps of it',
    ],
  ])('until %s, but not for ever', (_, facts, reason) => {
    expect(hold(facts, 47.9)).toBe(reason);
    expect(hold(facts, 48)).toBeUndefined();
  });

  it('by no gap of another day', () => {
    expect(
      hold(
        {
          gaps: [
            [1, 50],
            [300, 400],
          ],
        },
        3,
      ),
    ).toBeUndefined();
  });
});

it('says when a day waits no longer', () => {
  const nowUs = startOfDayUs('2026-03-02');
  const rules = { nowUs, settleMinutes: 120, waitHours: 48 };
  expect(findHoldEndUs('2026-03-01', rules)).toBe(nowUs + 2 * 3_600_000_000);
  const later = { ...rules, nowUs: nowUs + 3 * 3_600_000_000 };
  expect(findHoldEndUs('2026-03-01', later)).toBe(startOfDayUs('2026-03-04'));
});
