import { rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import type { PartitionManifest } from '../../lake/partition-manifest.ts';
import {
  flipBit,
  instrument,
  makeDescribedLake,
  middleDay,
  partitionFile,
} from '../../tests/described-lake.ts';
import { copyLake } from '../../tests/verified-lake.ts';
import { openTransformSession } from '../../transformer/session.ts';
import { compareManifests } from './compare-day.ts';
import { checkFiles, checkManifests } from './manifest-check.ts';
import { readStoredDay, type StoredDay } from './stored-day.ts';
import { readStoredFacts, type StoredFacts } from './stored-facts.ts';

let root: string;
let stored: StoredDay;
let facts: StoredFacts;
/** Of the day before. */
const previousTradeId = 5;

beforeAll(async () => {
  root = (await makeDescribedLake()).root;
  stored = await readStoredDay(root, instrument, middleDay);
  const session = await openTransformSession(parseConfig(`root: ${root}`, {}));
  facts = await readStoredFacts(session, stored);
  session.close();
});

/** The stored day with another manifest of the bars, or of the trades. */
function edit(dataset: 'bars_1s' | 'trades', change: Partial<PartitionManifest>): StoredDay {
  const partition = stored[dataset]!;
  return {
    ...stored,
    [dataset]: { ...partition, manifest: { ...partition.manifest!, ...change } },
  };
}

describe('manifests', () => {
  it('hold where nothing was changed', () => {
    expect(facts.findings).toEqual([]);
    expect(checkFiles(stored)).toEqual([]);
    expect(checkManifests(stored, facts, previousTradeId)).toEqual([]);
  });

  it.each<[Partial<PartitionManifest>]>([
    [{ rows: 1 }],
    [{ first_second: '2026-03-02T00:00:01Z' }],
    [{ last_second: null }],
    [{ seconds_covered: 86_400 }],
    [{ seconds_missing: [] }],
    [{ first_trade_id: 5 }],
    [{ last_trade_id: 99 }],
    [{ missing_trade_ids: [] }],
    [{ missing_trade_ids: [[13, 21]] }],
    [{ trades_filled: 4 }],
  ])('that were edited to say %o are named', (change) => {
    const [key] = Object.keys(change);
    for (const dataset of ['bars_1s', 'trades'] as const) {
      const findings = checkManifests(edit(dataset, change), facts, previousTradeId);
      expect(findings.map(({ what }) => what)).toContainEqual(
        expect.stringMatching(`^${dataset}: the manifest says ${key} `),
      );
      const names = new Set(findings.map(({ check }) => check));
      expect([...names]).toEqual([`manifest-${key!.replaceAll('_', '-')}`]);
    }
  });

  it('that do not go on from the last id of the day before are named', () => {
    const findings = checkManifests(stored, facts, 3);
    expect(findings[0]).toMatchObject({
      check: 'manifest-missing-trade-ids',
      what: 'bars_1s: the manifest says missing_trade_ids 1 entry [[13,22]], the data 2 entries [[4,5], [13,22]]',
    });
  });

  it.each<[Partial<PartitionManifest>]>([[{ duplicates_removed: 3 }], [{ lines_quarantined: 1 }]])(
    'that say %o of the parts are named once derived again',
    (change) => {
      const edited = edit('trades', change);
      const findings = compareManifests('trades', edited.trades!, stored.trades!);
      const [key] = Object.keys(change);
      expect(findings).toMatchObject([{ check: `manifest-${key!.replaceAll('_', '-')}` }]);
      expect(compareManifests('trades', stored.trades!, stored.trades!)).toEqual([]);
    },
  );

  it('of version 0.1, which speak of the whole day, hold', () => {
    const seconds_missing: [string, string][] = [];
    const edited = edit('trades', { through: undefined, seconds_missing });
    expect(compareManifests('trades', edited.trades!, stored.trades!)).toEqual([]);
  });

  it('with an input that says nothing of the day, or was another, are named', () => {
    const [first, ...rest] = stored.trades!.manifest!.inputs;
    const inputs = [{ ...first!, sha256: '00' }, ...rest, { part: 'raw/x', sha256: '11' }];
    const edited = edit('trades', { inputs });
    expect(compareManifests('trades', edited.trades!, stored.trades!)).toMatchObject([
      { check: 'manifest-inputs', examples: [`${first!.part} as 00`, 'raw/x as 11'] },
    ]);
  });
});

describe('files', () => {
  const checkCopy = async (damage: (copy: string) => Promise<void>) => {
    const copy = await copyLake(root);
    await damage(copy);
    return checkFiles(await readStoredDay(copy, instrument, middleDay));
  };

  it.each([0, 300, -9])('of which one bit at %i is flipped are named', async (at) => {
    const findings = await checkCopy((copy) =>
      flipBit(partitionFile(copy, 'parquet', middleDay, 'bars_1s.parquet'), at),
    );
    expect(findings).toMatchObject([
      { severity: 'wrong', check: 'parquet-checksum', remedy: 'rebuild' },
    ]);
  });

  it.each([
    ['bars_1s.parquet', 'bars_1s: the manifest is there, its file is not'],
    ['bars_1s.manifest.json', 'bars_1s: the file has no manifest'],
  ])('without %s are named', async (name, what) => {
    const findings = await checkCopy((copy) => rm(partitionFile(copy, 'parquet', middleDay, name)));
    expect(findings).toMatchObject([{ what, severity: 'wrong', remedy: 'rebuild' }]);
  });

  it('with a manifest that cannot be read are named', async () => {
    const findings = await checkCopy((copy) =>
      writeFile(partitionFile(copy, 'trades', middleDay, 'trades.manifest.json'), '{"rows": 1'),
    );
    expect(findings).toMatchObject([
      { check: 'manifest', what: expect.stringContaining('it is damaged') },
    ]);
  });

  it('of another size than the manifest says are named', () => {
    expect(checkFiles(edit('bars_1s', { bytes: 1 }))).toMatchObject([{ check: 'manifest-bytes' }]);
  });
});
