// A lake that changes while it is verified, and days whose neighbours are damaged.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { noteDeletedParts } from '../../lake/deleted-parts.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { keepSession } from '../../lake/kept-session.ts';
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
import {
  openTransformSession,
  statements as transformStatements,
} from '../../transformer/session.ts';
import type { DayReport } from './day-report.ts';
import { createPartReader } from './measure-part.ts';
import { statements } from './sql.ts';
import { verifyInstrument } from './verify-instrument.ts';

const template = makeDescribedLake().then(({ root }) => root);

/** The middle day, with something done to the lake each time it is looked at. */
async function verifyWhile(
  root: string,
  act: (look: number) => Promise<void>,
  watch: (session: DuckdbSession, number: number) => DuckdbSession = (session) => session,
): Promise<DayReport> {
  const scratch = join(root, 'state/tmp/verify');
  const config = parseConfig(`root: ${scratch}`, {});
  let opened = 0;
  const sessions = await keepSession(async () =>
    watch(await openTransformSession(config), ++opened),
  );
  let looks = 0;
  const run = {
    get session() {
      return sessions.session;
    },
    sessions,
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
    sessions.close();
  }
}

/** Ends for good with the first statement of its kind, as after a fatal error inside DuckDB. */
function losing(session: DuckdbSession, sql: string): DuckdbSession {
  let isLost = false;
  const answer = async <Value>(asked: string, work: () => Promise<Value>): Promise<Value> => {
    isLost ||= asked === sql;
    if (isLost) throw new Error('INTERNAL Error: index 0 within vector of size 0');
    return work();
  };
  return {
    ...session,
    run: (asked) => answer(asked, () => session.run(asked)),
    all: (asked) => answer(asked, () => session.all(asked)),
    setVariable: (name, value) => answer('', () => session.setVariable(name, value)),
    isLost: async () => isLost,
  };
}

const looksOnce = async () => {};

it.each([
  ['reads bars', statements.barsFacts],
  ['evaluates a rule', statements.worstOffenders],
  ['derives the day again', transformStatements.rangeBars],
])('says nothing of the data where DuckDB ends while it %s', async (_what, sql) => {
  const root = await copyLake(await template);
  // Nothing else is asked of the session then.
  if (sql !== transformStatements.rangeBars) await rm(join(root, 'raw'), { recursive: true });
  const sound = await verifyWhile(root, looksOnce);
  let opened = 0;
  const report = await verifyWhile(root, looksOnce, (session, number) => {
    opened = number;
    return number === 1 ? losing(session, sql) : session;
  });
  expect(opened).toBe(2);
  expect(report).toEqual(sound);
});

it('says of a day that ends each database that it could not be looked at, and calls for no rebuild', async () => {
  const root = await copyLake(await template);
  const lose = (session: DuckdbSession) => losing(session, statements.barsFacts);
  const report = await verifyWhile(root, looksOnce, lose);
  const [finding] = report.findings;
  expect(report.findings).toHaveLength(1);
  expect(finding).toMatchObject({ severity: 'wrong', check: 'database' });
  expect(finding!.what).toContain('DuckDB met a fatal error');
  expect(finding).not.toHaveProperty('remedy');
});

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
