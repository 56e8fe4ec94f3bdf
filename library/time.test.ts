import { expect, it } from 'vitest';
import { us } from '../tests/raw-lines.ts';
import { parseSpan } from './time.ts';

const at = us('2026-03-01T10:00:00Z');

it.each([
  ['2026-03-01T10:00:00Z', at],
  ['2026-03-01T10:00', at],
  ['2026-03-01 10:00:00', at],
  ['2026-03-01T12:00:00+02:00', at],
  ['2026-03-01T10:00:00.123456Z', at + 123_456],
  ['2026-03-01', us('2026-03-01T00:00:00Z')],
  [new Date(at / 1000), at],
  [at / 1000, at],
  // A microsecond of a trade, handed back.
  [(at + 123_457) / 1000, at + 123_457],
])('%s is UTC, to the microsecond, wherever this runs', (from, expected) => {
  const zone = process.env.TZ;
  process.env.TZ = 'America/New_York';
  try {
    expect(parseSpan({ from }).startUs).toBe(expected);
  } finally {
    process.env.TZ = zone;
  }
});

it.each(['2026-02-30', '2026-03-01T25:00', 'yesterday', '', new Date('x'), Number.NaN, at * 1000])(
  'refuses %s',
  (from) => {
    expect(() => parseSpan({ from })).toThrow('is no moment from 1970 to 2255');
  },
);

it('refuses a span that ends before it begins, and says both', () => {
  expect(() => parseSpan({ from: '2026-03-02', to: '2026-03-01' })).toThrow(
    'read span: from 2026-03-02T00:00:00.000Z lies after to 2026-03-01T00:00:00.000Z\n  swap them',
  );
});
