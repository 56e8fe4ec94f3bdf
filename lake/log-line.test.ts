import { expect, it } from 'vitest';
import { formatLogLine } from './log-line.ts';

const entry = {
  timeMs: 1_763_510_400_123,
  level: 'warn',
  service: 'collect',
  message: 'm',
} as const;

it('puts time, level, service, message and fields on one line', () => {
  const fields = { symbol: 'BTCUSDT', count: 12n, reason: new Error('no space left') };
  expect(formatLogLine(entry, fields)).toBe(
    '2025-11-19T00:00:00.123Z warn collect: m {"symbol":"BTCUSDT","count":"12","reason":"no space left"}',
  );
});
