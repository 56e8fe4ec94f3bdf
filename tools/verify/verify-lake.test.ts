import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { noteDeletedParts } from '../../lake/deleted-parts.ts';
import {
  at,
  days,
  firstDay,
  flipBit,
  instrument,
  lastDay,
  listGoldenParts,
  makeDescribedLake,
  middleDay,
  partitionFile,
  rawPath,
  ticks,
} from '../../tests/described-lake.ts';
import { controlLine, restLine, us } from '../../tests/raw-lines.ts';
import { copyLake, summarizeReports, verifyRoot } from '../../tests/verified-lake.ts';
import { removeEmptyDay } from '../cleanup/remove.ts';

const sound = [
  `${firstDay} incomplete (equal): seconds-missing`,
  `${middleDay} incomplete (equal): seconds-missing, ids-missing`,
  `${lastDay} incomplete (equal): seconds-missing`,
];

let template: string;
beforeAll(async () => {
  template = (await makeDescribedLake()).root;
});

/** Every file below the root with its bytes. */
async function digestFiles(root: string): Promise<string[]> {
  const names = globSync('**/*.*', { cwd: root }).sort();
  return Promise.all(names.map(async (name) => name + (await readFile(join(root, name), 'hex'))));
}

/** The middle day of a copy of the lake, after some damage. */
async function verifyAfter(damage: (root: string) => Promise<void>) {
  const root = await copyLake(template);
  await damage(root);
  const [report] = await verifyRoot(root, { date: middleDay });
  return report!;
}

describe('a sound lake', () => {
  it('is left as it was, derived to the same bytes, and lacks what is missing', async () => {
    const before = await digestFiles(template);
    const reports = await verifyRoot(template);
    expect(await digestFiles(template)).toEqual(before);
    expect(summarizeReports(reports)).toEqual(sound);
    expect(reports.map(({ completeness }) => completeness?.ids)).toEqual([
      { have: 5, of: 5 },
      { have: 8, of: 18 },
      { have: 3, of: 3 },
    ]);
    const missing = reports[1]!.findings.find(({ check }) => check === 'ids-missing');
    expect(missing).toMatchObject({ examples: ['13 to 22'], remedy: 'fill' });
  });

  it('is ok for a day of which every second and id is there', async () => {
    const lake = await makeDescribedLake(listGoldenParts(true));
    const [report] = await verifyRoot(lake.root, { date: middleDay });
    expect(summarizeReports([report!])).toEqual([`${middleDay} ok (equal): `]);
    expect(report!.completeness).toMatchObject({
      seconds: { have: 86_400, of: 86_400 },
      ids: { have: 18, of: 18 },
    });
  });

  it('is sound with a line in it that cannot be read', async () => {
    const parts = listGoldenParts(false);
    const [first, ...others] = parts;
    const lines = [...first!.lines, '{"recv":17,"conn":"c1","msg":{"stream":"btcusdt@tr'];
    const lake = await makeDescribedLake([{ ...first!, lines }, ...others]);
    expect(summarizeReports(await verifyRoot(lake.root))).toEqual(sound);
  });

  it('is sound however its parts were spread over runs, fills of other days included', async () => {
    const trades = [{ id: 15, us: us(`${middleDay}T11:00:00Z`) }];
    const fill = { day: lastDay, number: 2, lines: [restLine(us(`${lastDay}T09:00:00Z`), trades)] };
    const lake = await makeDescribedLake([...listGoldenParts(false).reverse(), fill], 'each');
    expect(summarizeReports(await verifyRoot(lake.root))).toEqual(sound);
  });

  it('is sound where a day hangs on its neighbours alone, with no part of both', async () => {
    const [a, b, c] = days;
    const lake = await makeDescribedLake([
      {
        day: a,
        number: 1,
        lines: [
          controlLine(at(a, '23:59:00'), 'subscribed'),
          ...ticks(a, 1, ['23:59:10', '23:59:20']),
          controlLine(at(a, '23:59:59.9'), 'rotate'),
        ],
      },
      {
        // Heard from its first second by the seam, with the quote and the close of the day before; to
        // its last by the first id of the next.
        day: b,
        number: 1,
        lines: [
          controlLine(at(b, '00:00:00.1'), 'listening'),
          ...ticks(b, 10, ['00:01:00', '00:01:30']),
          controlLine(at(b, '00:02:00'), 'close'),
        ],
      },
      {
        day: c,
        number: 1,
        lines: [
          controlLine(at(c, '00:00:10'), 'subscribed'),
          ...ticks(c, 12, ['00:00:30']),
          controlLine(at(c, '00:01:00'), 'close'),
        ],
      },
    ]);
    const reports = await verifyRoot(lake.root);
    expect(reports.map(({ derived }) => derived)).toEqual(['equal', 'equal', 'equal']);
    expect(reports[1]!.completeness!.seconds).toEqual({ have: 86_400, of: 86_400 });
  });

  it('needs neither the ledger nor the kept quotes, and nothing a killed verification left', async () => {
    const report = await verifyAfter(async (root) => {
      await rm(join(root, 'state/transform'), { recursive: true });
      await mkdir(join(root, 'state/tmp/verify/lake/parquet/binance/BTCUSDT'), { recursive: true });
    });
    expect(summarizeReports([report])).toEqual([sound[1]]);
  });

  it('does not count parts that came after the last run', async () => {
    const report = await verifyAfter(async (root) => {
      const line = controlLine(us(`${middleDay}T01:00:00Z`), 'subscribed');
      await writeFile(rawPath(root, middleDay, 'part_0003.jsonl'), `${line}\n`);
    });
    expect(report.derived).toBe('equal');
    expect(report.findings.find(({ check }) => check === 'waiting')).toMatchObject({
      what: `1 part not transformed yet, first raw/binance/BTCUSDT/${middleDay}/part_0003.jsonl`,
    });
  });
});

describe('damage', () => {
  it('to a part is named, and the day is not held against what it gives now', async () => {
    const report = await verifyAfter((root) =>
      flipBit(rawPath(root, middleDay, 'part_0001.jsonl'), 200),
    );
    expect(summarizeReports([report])).toEqual([
      `${middleDay} wrong (not possible): part-checksum, inputs, seconds-missing, ids-missing`,
    ]);
    expect(report.findings[1]!.what).toContain(`raw/binance/BTCUSDT/${middleDay}/part_0001.jsonl`);
  });

  it('by retention is none: a day without its parts is checked in all else', async () => {
    const root = await copyLake(template);
    const parts = ['part_0001.jsonl', 'part_0002.jsonl'];
    const note = { at: '2026-03-10T00:00:00Z', reason: 'old', parts };
    await noteDeletedParts(root, instrument, firstDay, note);
    await rm(rawPath(root, firstDay, ''), { recursive: true });
    expect(summarizeReports(await verifyRoot(root))).toEqual([
      `${firstDay} incomplete (raw gone): raw-gone, seconds-missing`,
      `${middleDay} incomplete (raw gone): raw-gone, seconds-missing, ids-missing`,
      `${lastDay} incomplete (equal): seconds-missing`,
    ]);
    await flipBit(partitionFile(root, 'trades', firstDay, 'trades.parquet'), 60);
    const [first] = await verifyRoot(root, { date: firstDay });
    expect(summarizeReports([first!])[0]).toMatch(/wrong \(raw gone\): .*parquet-checksum/);
  });

  it('by retention is none when the notes of a day have gone with its folder, but for lost parts', async () => {
    const root = await copyLake(template);
    const clock = { nowUs: () => us('2026-05-01T02:00:00Z'), monotonicMs: () => 0 };
    for (const [day, parts] of [
      [firstDay, ['part_0001.jsonl', 'part_0002.jsonl']],
      [middleDay, ['part_0001.jsonl']],
    ] as const) {
      const note = { at: '2026-03-10T00:00:00Z', reason: 'old', parts };
      await noteDeletedParts(root, instrument, day, note);
      for (const name of ['part_0001.jsonl', 'part_0002.jsonl']) await rm(rawPath(root, day, name));
      expect(await removeEmptyDay(root, instrument, day, clock)).toBe(true);
    }
    const reports = await verifyRoot(root);
    const gone = reports.map(({ findings }) => findings.find(({ check }) => check === 'raw-gone'));
    expect(gone.map((finding) => finding?.severity)).toEqual(['note', 'missing', 'missing']);
    expect(gone[1]!.what).toContain('cleanup has not deleted 1 part of them');
    expect(gone[1]!.examples?.join()).toContain(`${middleDay}/part_0002`);
  });

  it('by a hand that deletes parts is said, and what is left is checked', async () => {
    const report = await verifyAfter((root) =>
      rm(rawPath(root, firstDay, ''), { recursive: true }),
    );
    expect(report.derived).toBe('raw gone');
    expect(report.findings[0]).toMatchObject({
      severity: 'missing',
      what: expect.stringMatching(/^1 of its 3 parts are gone: .*; cleanup has not deleted 1 part/),
    });
  });

  it('to a day is said of that day alone', async () => {
    const root = await copyLake(template);
    await flipBit(partitionFile(root, 'trades', middleDay, 'trades.parquet'), 60);
    const verdicts = summarizeReports(await verifyRoot(root));
    expect(verdicts).toEqual([sound[0], expect.stringContaining(' wrong '), sound[2]]);
    expect(verdicts[1]).toContain('parquet-checksum');
  });

  it('to a manifest and its file alike is found by what the parts give', async () => {
    const report = await verifyAfter(async (root) => {
      const from = (name: string) => partitionFile(root, 'parquet', firstDay, name);
      const to = (name: string) => partitionFile(root, 'parquet', middleDay, name);
      for (const name of ['bars_1s.parquet', 'bars_1s.manifest.json']) {
        await writeFile(to(name), await readFile(from(name)));
      }
    });
    expect(report.findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['window-order', 'bars-equal-trades', 'derive']),
    );
    const derive = report.findings.find(({ check }) => check === 'derive');
    expect(derive!.examples!.join()).toMatch(/2026-03-01 .* is given by no part/);
  });

  it('of a day to nothing but its parts is said', async () => {
    const report = await verifyAfter(async (root) => {
      for (const folder of ['parquet', 'trades'] as const) {
        await rm(partitionFile(root, folder, middleDay, ''), { recursive: true });
      }
    });
    expect(summarizeReports([report])).toEqual([
      `${middleDay} incomplete (none): partition-missing`,
    ]);
  });
});
