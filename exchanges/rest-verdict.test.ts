import { expect, it } from 'vitest';
import { judgeStatus } from './rest-verdict.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');

it.each([
  [200, null, { kind: 'served' }],
  [429, '15', { kind: 'blocked', forMs: 16_000 }],
  [418, '7200', { kind: 'blocked', forMs: 7_201_000 }],
  [418, '999999999', { kind: 'blocked', forMs: 259_201_000 }],
  [429, null, { kind: 'blocked', forMs: 61_000 }],
  [429, 'soon', { kind: 'blocked', forMs: 61_000 }],
  [429, 'Fri, 20 Nov 2026 12:00:30 GMT', { kind: 'blocked', forMs: 31_000 }],
  [429, 'Fri, 20 Nov 2026 11:00:00 GMT', { kind: 'blocked', forMs: 1000 }],
  [500, null, { kind: 'transient' }],
  [504, null, { kind: 'transient' }],
  [404, null, { kind: 'refused' }],
  [403, null, { kind: 'refused' }],
])('status %i with Retry-After %s means %o', (status, retryAfter, verdict) => {
  expect(judgeStatus(status, retryAfter, nowMs)).toEqual(verdict);
});
