import { describe, expect, it } from 'vitest';
import type { PartitionManifest } from '../../lake/partition-manifest.ts';
import { formatPercent, measureCompleteness } from './completeness.ts';
import type { StoredFacts } from './stored-facts.ts';

const day = '2026-03-01';
const startSecond = Date.parse(`${day}T00:00:00Z`) / 1000;
const at = (second: number) => (startSecond + second) * 1_000_000;

function factsOf(runs: [number, number][], gaps: [number, number][] = []): StoredFacts {
  const shifted = runs.map(([from, to]): [number, number] => [
    startSecond + from,
    startSecond + to,
  ]);
  return {
    bars: { rows: 1, firstSecond: null, lastSecond: null, runs: shifted },
    trades: {
      rows: 90,
      firstSecond: null,
      lastSecond: null,
      firstId: 11,
      lastId: 110,
      filled: 0,
      gaps,
    },
    findings: [],
  };
}

function storedThrough(through: string | null | undefined) {
  const manifest = { through } as unknown as PartitionManifest;
  const path = {
    path: '',
    manifestPath: '',
    manifestFault: undefined,
    file: undefined,
    away: undefined,
  };
  return { day, bars_1s: { dataset: 'bars_1s' as const, ...path, manifest } };
}

describe('seconds', () => {
  const facts = factsOf([
    [0, 9],
    [20, 29],
  ]);
  const measure = (through: string | undefined, nowUs: number) =>
    measureCompleteness(storedThrough(through), facts, undefined, nowUs).seconds;

  it('of a day that is over are held against the whole day, whatever its manifest speaks of', () => {
    expect(measure(`${day}T00:00:29Z`, at(90_000))).toEqual({ have: 20, of: 86_400 });
    expect(measure(undefined, at(86_400))).toEqual({ have: 20, of: 86_400 });
  });

  it('of the running day are held against those that the manifest speaks of', () => {
    expect(measure(`${day}T00:00:29Z`, at(3600))).toEqual({ have: 20, of: 30 });
    expect(measure(undefined, at(40))).toEqual({ have: 20, of: 40 });
  });

  it('that are not observed are named in ranges', () => {
    const { findings } = measureCompleteness(storedThrough(undefined), facts, undefined, at(40));
    expect(findings).toMatchObject([
      {
        what: '20 seconds not observed in 2 ranges',
        examples: ['00:00:10 to 00:00:19', '00:00:30 to 00:00:39'],
      },
    ]);
  });

  it('are a case for backfill once the day is over, and not before', () => {
    const remedyAt = (second: number) =>
      measureCompleteness(storedThrough(undefined), facts, undefined, at(second)).findings[0]!
        .remedy;
    expect(remedyAt(40)).toBeUndefined();
    expect(remedyAt(86_400)).toBe('backfill');
  });
});

describe('trade ids', () => {
  it('that lie between the last of the day before and the first are missing, too', () => {
    const facts = factsOf([[0, 39]], [[50, 59]]);
    const { ids, findings } = measureCompleteness(storedThrough(undefined), facts, 8, at(40));
    expect(ids).toEqual({ have: 90, of: 102 });
    expect(findings).toMatchObject([
      { what: '12 trade ids missing in 2 ranges', examples: ['9 to 10', '50 to 59'] },
    ]);
  });

  it('of a day without trades have no share', () => {
    const { ids } = measureCompleteness(storedThrough(undefined), { findings: [] }, 8, at(40));
    expect(ids).toBeUndefined();
  });
});

it('says 100 percent only where nothing is missing', () => {
  expect(formatPercent({ have: 86_400, of: 86_400 })).toBe('100.000');
  expect(formatPercent({ have: 9_999_999, of: 10_000_000 })).toBe('99.999');
  expect(formatPercent({ have: 0, of: 0 })).toBe('-');
  expect(formatPercent(undefined)).toBe('-');
});
