import { expect, it } from 'vitest';
import { formatReport, formatRound, isGood } from './report.ts';
import type { RoundResult } from './round.ts';

const fault = { name: 'ban', lastedMs: 500, detectedMs: 12, recoveredMs: 800 };
const good: RoundResult = {
  round: 1,
  connections: 1,
  struck: ['ban', 'ban'],
  faults: [fault, { ...fault, detectedMs: null, recoveredMs: 1600 }],
  comparison: {
    tradesSent: 100,
    tradesHeld: 100,
    missing: [],
    doubled: [],
    altered: [],
    secondsSent: 9,
    secondsEqual: 9,
    secondsComplete: 7,
    wrongBars: [],
  },
  completion: { problems: [] },
  orchestratorStarts: 1,
  durationMs: 12_300,
  problems: [],
  log: [],
};
const bad = { ...good, round: 2, problems: ['1 trades missing: BTCUSDT 17'] };

it('is good where no round has a problem, and where there was a round', () => {
  expect(isGood({ seed: 1, rounds: [good], leftOut: [] })).toBe(true);
  expect(isGood({ seed: 1, rounds: [good, bad], leftOut: [] })).toBe(false);
  expect(isGood({ seed: 1, rounds: [], leftOut: [] })).toBe(false);
});

it('says a round in a line', () => {
  expect(formatRound(good)).toBe('round 1: ok, 100 of 100 trades, 9 of 9 seconds, 12 s: ban, ban');
});

it('sums up trades, seconds and the times of each fault, and names what is wrong', () => {
  const report = formatReport({ seed: 7, rounds: [good, bad], leftOut: ['disk full, no mount'] });
  expect(report).toContain('# Drill: FAILED\n\n2 rounds with seed 7, 1 failed.');
  expect(report).toContain('| trades | 200 | 200 |');
  expect(report).toContain('| seconds | 18 | 18 |');
  expect(report).toContain('| ban | 4 | 12 | 12 | 800 | 1600 |');
  expect(report).toContain('Left out: disk full, no mount.');
  expect(report).toContain('  - 1 trades missing: BTCUSDT 17\n');
});
