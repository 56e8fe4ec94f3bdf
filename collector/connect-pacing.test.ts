import { expect, test } from 'vitest';
import { ConnectPacing } from './connect-pacing.ts';

test('admits so many attempts per window and no more', () => {
  const pacing = new ConnectPacing({ count: 3, windowMs: 1000 });
  expect([0, 10, 20, 30, 999].map((nowMs) => pacing.admit(nowMs))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([1000, 1001, 1010].map((nowMs) => pacing.admit(nowMs))).toEqual([true, false, true]);
});
