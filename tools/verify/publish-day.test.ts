import { rename } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import type { PartitionManifest } from '../../lake/partition-manifest.ts';
import {
  instrument,
  makeDescribedLake,
  middleDay,
  partitionFile,
} from '../../tests/described-lake.ts';
import { copyLake } from '../../tests/verified-lake.ts';
import { openTransformSession } from '../../transformer/session.ts';
import { publishDay } from './publish-day.ts';
import { readStoredDay } from './stored-day.ts';

let template: string;
beforeAll(async () => {
  template = (await makeDescribedLake()).root;
});

/** Publishes the day as it stands in the template over a copy with other bars and manifest. */
async function publishOver(sql: string, change: Partial<PartitionManifest> = {}) {
  const root = await copyLake(template);
  const derived = await readStoredDay(template, instrument, middleDay);
  const session = await openTransformSession(parseConfig(`root: ${root}`, {}));
  try {
    const path = partitionFile(root, 'parquet', middleDay, 'bars_1s.parquet');
    await session.run(`COPY (${sql.replace('bars', `read_parquet('${path}', hive_partitioning = false)`)}) TO '${path}.new'
      (FORMAT parquet)`);
    await rename(`${path}.new`, path);
    const stored = await readStoredDay(root, instrument, middleDay);
    const bars = stored.bars_1s!;
    bars.manifest = { ...bars.manifest!, sha256: bars.file!.sha256, ...change };
    await publishDay({ root, session, log: silentLog }, instrument, stored, derived);
    return { published: await readStoredDay(root, instrument, middleDay), derived, stored };
  } finally {
    session.close();
  }
}

it('says which revision it replaces, and which seconds had other rows', async () => {
  const { published, derived, stored } = await publishOver(
    `SELECT * REPLACE (CASE WHEN epoch(window_start)::BIGINT % 60 BETWEEN 31 AND 33
       THEN close + 1 ELSE close END AS close) FROM bars`,
    { reconcile: { kept: true }, revision: 4 },
  );
  const bars = published.bars_1s!;
  expect(bars.file).toEqual(derived.bars_1s!.file);
  expect(bars.manifest).toMatchObject({
    revision: 5,
    reconcile: { kept: true },
    sha256: bars.file!.sha256,
  });
  expect(bars.manifest!.revisions.at(-1)).toEqual({
    revision: 4,
    sha256: stored.bars_1s!.file!.sha256,
    reason: 'rebuild',
    seconds_changed: [['2026-03-02T00:00:31Z', '2026-03-02T00:00:33Z']],
  });
});

it('names the whole stretch where the rows had other columns', async () => {
  const { published } = await publishOver('SELECT * EXCLUDE (complete) FROM bars');
  const { first_second, last_second, revisions } = published.bars_1s!.manifest!;
  expect(revisions).toMatchObject([{ seconds_changed: [[first_second, last_second]] }]);
});

it('counts no revision where only the file was damaged', async () => {
  const { sha256, revision } = (await readStoredDay(template, instrument, middleDay)).bars_1s!
    .manifest!;
  const { published, derived } = await publishOver('SELECT * FROM bars LIMIT 3', { sha256 });
  expect(published.bars_1s!.file).toEqual(derived.bars_1s!.file);
  expect(published.bars_1s!.manifest).toMatchObject({ revision, revisions: [] });
});

it('names the whole stretch where another revision can no longer be read', async () => {
  const { published } = await publishOver('SELECT * FROM bars LIMIT 3', { sha256: 'gone' });
  const { first_second, last_second, revisions } = published.bars_1s!.manifest!;
  expect(revisions).toMatchObject([
    { sha256: 'gone', seconds_changed: [[first_second, last_second]] },
  ]);
});
