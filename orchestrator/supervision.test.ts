import { describe, expect, it } from 'vitest';
import {
  defaultLimits,
  type Exit,
  formatExit,
  isConfigurationWrong,
  planRestart,
} from './supervision.ts';

const crash: Exit = { code: 1, signal: null, upMs: 2000 };
const highest = () => 0.999999;

describe('planRestart', () => {
  it('waits up to 1 s, 2 s, 4 s, ... 60 s, and never gives up', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 500].map(
      (attempts) => planRestart(crash, attempts, defaultLimits, highest).afterMs / 1000,
    );
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('waits anything below that, so that many do not return at once', () => {
    expect(planRestart(crash, 5, defaultLimits, () => 0).afterMs).toBe(0);
    expect(planRestart(crash, 5, defaultLimits, () => 0.5).afterMs).toBe(16_000);
  });

  it('counts anew after five minutes up, and not before', () => {
    const attemptAfter = (upMs: number) =>
      planRestart({ ...crash, upMs }, 9, defaultLimits, highest).attempt;
    expect(attemptAfter(5 * 60_000)).toBe(1);
    expect(attemptAfter(5 * 60_000 - 1)).toBe(10);
  });

  it('calls a person at the third restart in a row', () => {
    const levels = [0, 1, 2, 3].map(
      (attempts) => planRestart(crash, attempts, defaultLimits, highest).level,
    );
    expect(levels).toEqual(['warn', 'warn', 'error', 'error']);
  });
});

it('takes exit code 78, and nothing else, as a wrong configuration', () => {
  expect([78, 1, 0, null].map((code) => isConfigurationWrong({ ...crash, code }))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

it.each([
  [crash, 'exited with code 1 after 2 s'],
  [{ code: null, signal: 'SIGKILL', upMs: 0 } as const, 'was ended by SIGKILL after 0 s'],
  [{ ...crash, code: null, reason: 'spawn ENOMEM' }, 'could not be started: spawn ENOMEM'],
])('says how a child ended: %j', (exit, text) => {
  expect(formatExit(exit)).toBe(text);
});
