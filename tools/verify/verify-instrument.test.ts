// A lake that changes while it is verified, and days whose neighbours are damaged.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { noteDeletedParts } from '../../lake/deleted-parts.ts';
import { silentLog } from '../../lake/log.ts';
import {
  firstDay,
  flipBit,
  instrument,
  lastDay,
  makeDescribedLake,
  middleDay,
  partitionFile,
  rawPath,
} from '../../tests/described-lake.ts';
import { copyLake, summarizeReports, verifyRoot } from '../../tests/verified-lake.ts';
import { openTransformSession } from '../../transformer/session.ts';
import type { DayReport } from './day-report.ts';
import { createPartReader } from './measure-part.ts';
import { verifyInstrument } from './verify-instrument.ts';

const template = makeDescribedLake().then(({ root }) => root);

/** The middle day, with something done to the lake each time it is looked at. */
async function verifyWhile(root: string, act: (look: number) => Promise<void>): Promise<DayReport> {
  const scratch = join(root, 'state/tmp/verify');
  const session = await openTransformSession(parseConfig(`root: ${scratch}`, {}));
  let looks = 0;
  const run = {
    session,
    root,
    scratch,
    reader: createPartReader(root, () => {}),
    isCollecting: async () => {
      await act(++looks);
      return false;
    },
    nowUs: () => Date.parse('2026-03-20') * 1000,
    log: silentLog,
    onProgress: () => {},
    isStopped: () => false,
  };
  try {
    for await (const report of verifyInstrument(run, instrument, middleDay)) return report;
    throw new Error('no report');
  } finally {
    session.close();
  }
}

it('looks again at a day that was published anew while it was looked at', async () => {
  const root = await copyLake(await template);
  const path = partitionFile(root, 'parquet', middleDay, 'bars_1s.manifest.json');
  const published = await readFile(path, 'utf8');
  await writeFile(path, published.replace('"rows": ', '"rows": 9'));
  const looks: number[] = [];
  const report = await verifyWhile(root, async (look) => {
    looks.push(look);
    await writeFile(path, published);
  });
  expect(looks).toEqual([1, 2]);
  expect(report.findings.map(({ check }) => check)).toEqual(['seconds-missing', 'ids-missing']);
});

it('looks again at a day whose parts cleanup deletes while it is looked at', async () => {
  const root = await copyLake(await template);
  const [file] = (await readdir(rawPath(root, middleDay, ''))).filter((name) => /^part/.test(name));
  const looks: number[] = [];
  const report = await verifyWhile(root, async (look) => {
    looks.push(look);
    if (look > 1) return;
    await noteDeletedParts(root, instrument, middleDay, { at: '', reason: 'old', parts: [file!] });
    await rm(rawPath(root, middleDay, file!));
  });
  expect(looks).toEqual([1, 2]);
  expect(report.findings.map(({ check }) => check)).not.toContain('part-unreadable');
});

it('judges no day that is published anew each time', async () => {
  const root = await copyLake(await template);
  const path = partitionFile(root, 'parquet', middleDay, 'bars_1s.manifest.json');
  const published = await readFile(path, 'utf8');
  const publish = (rows: number) =>
    writeFile(path, published.replace('"rows": ', `"rows": ${rows}`));
  await publish(9);
  const report = await verifyWhile(root, publish);
  expect(report.findings).toMatchObject([{ severity: 'missing', check: 'republished' }]);
});

it('derives a day beside a damaged one from the parts of both', async () => {
  const root = await copyLake(await template);
  await flipBit(partitionFile(root, 'trades', middleDay, 'trades.parquet'), 60);
  const [last] = await verifyRoot(root, { date: lastDay });
  expect(last!.derived).toBe('equal');
});

it('does not judge by a neighbour that is damaged and has lost its parts', async () => {
  const root = await copyLake(await template);
  await flipBit(partitionFile(root, 'trades', middleDay, 'trades.parquet'), 60);
  await rm(rawPath(root, firstDay, ''), { recursive: true });
  const [last] = await verifyRoot(root, { date: lastDay });
  expect(summarizeReports([last!])).toEqual([
    `${lastDay} incomplete (not possible): derive, seconds-missing`,
  ]);
  expect(last!.findings[0]!.what).toContain(`${middleDay} does, which is damaged`);
});
