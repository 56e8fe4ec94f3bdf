import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { describePart } from '../../collector/describe-part.ts';
import { noteDeletedParts } from '../../lake/deleted-parts.ts';
import { appendPartRecord } from '../../lake/part-manifest.ts';
import {
  firstDay as day,
  describeParts,
  flipBit,
  instrument,
  listGoldenParts,
  rawPath,
} from '../../tests/described-lake.ts';
import { makeScratchLake } from '../../tests/scratch-lake.ts';
import { createPartReader } from './measure-part.ts';
import { checkRawDay, readRawDay } from './raw-day.ts';

/** What is found of the first receipt day after some damage. */
async function check(damage: (root: string) => Promise<void>, isCollecting = false) {
  const { root, writePart } = await makeScratchLake();
  for (const part of listGoldenParts(false)) {
    if (part.day === day) await writePart(part.day, part.number, part.lines);
  }
  await describeParts(root);
  await damage(root);
  const reader = createPartReader(root, () => {});
  return checkRawDay(await readRawDay(root, instrument, day), instrument, reader, isCollecting);
}

async function editFirstLine(root: string, change: (record: Record<string, unknown>) => void) {
  const path = rawPath(root, day, 'manifest.jsonl');
  const [first, ...rest] = (await readFile(path, 'utf8')).split('\n');
  const record = JSON.parse(first!);
  change(record);
  await writeFile(path, [JSON.stringify(record), ...rest].join('\n'));
}

it('finds nothing in parts that are as described', async () => {
  expect(await check(async () => {})).toEqual([]);
});

it('takes no folder and no link to nowhere for a part: the transformer reads neither', async () => {
  const damage = async (root: string) => {
    await mkdir(rawPath(root, day, 'part_0008.jsonl'));
    await symlink('/nowhere', rawPath(root, day, 'part_0009.jsonl'));
  };
  expect(await check(damage)).toEqual([]);
});

it.each([0, 200, -1])('names a part of which one bit at %i is flipped', async (at) => {
  const findings = await check((root) => flipBit(rawPath(root, day, 'part_0001.jsonl'), at));
  expect(findings).toMatchObject([
    {
      severity: 'wrong',
      check: 'part-checksum',
      what: expect.stringMatching(/^part_0001\.jsonl: sha256 \w{64}, described with \w{64}$/),
      remedy: 'restore',
    },
  ]);
});

it('names a part that is shorter than described', async () => {
  const findings = await check((root) => truncate(rawPath(root, day, 'part_0002.jsonl'), 100));
  expect(findings).toMatchObject([
    {
      check: 'part-bytes',
      what: expect.stringMatching(/^part_0002\.jsonl: 100 bytes, described with \d+$/),
    },
  ]);
});

it('names a part with other lines than described', async () => {
  const findings = await check((root) =>
    editFirstLine(root, (record) => {
      record.lines = 7;
    }),
  );
  expect(findings).toMatchObject([
    { check: 'part-lines', what: 'part_0001.jsonl: 8 lines, described with 7' },
  ]);
});

it('names a part that is described and not there', async () => {
  const findings = await check((root) => rm(rawPath(root, day, 'part_0001.jsonl')));
  expect(findings).toMatchObject([
    { severity: 'wrong', check: 'part-missing', examples: ['part_0001.jsonl'] },
  ]);
});

it('does not take what cleanup has deleted for lost', async () => {
  const findings = await check(async (root) => {
    const part = 'part_0001.jsonl';
    await noteDeletedParts(root, instrument, day, { at: '', reason: 'old', parts: [part] });
    await rm(rawPath(root, day, part));
  });
  expect(findings).toEqual([]);
});

it('counts an open part as left behind only where no collector runs', async () => {
  const leave = (root: string) => writeFile(rawPath(root, day, 'part_0003.jsonl.open'), '');
  expect(await check(leave)).toMatchObject([
    { severity: 'missing', check: 'part-open', remedy: 'collect' },
  ]);
  expect(await check(leave, true)).toEqual([]);
});

it('notes a part without a line, and a line that cannot be read', async () => {
  const findings = await check(async (root) => {
    const path = rawPath(root, day, 'manifest.jsonl');
    const [line] = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${line}\n{"part":"part_00`);
  });
  expect(findings).toMatchObject([
    { severity: 'note', check: 'part-undescribed', examples: ['part_0002.jsonl'] },
    { severity: 'note', check: 'manifest-line' },
  ]);
});

it('reads a packed part, and names one that no longer unpacks', async () => {
  const pack = async (root: string) => {
    const plain = rawPath(root, day, 'part_0001.jsonl');
    await writeFile(`${plain}.zst`, zstdCompressSync(await readFile(plain)));
    await rm(plain);
    const record = await describePart(`${plain}.zst`, instrument);
    await rm(join(dirname(plain), 'manifest.jsonl'));
    await appendPartRecord(dirname(plain), { ...record, part: basename(`${plain}.zst`) });
    return `${plain}.zst`;
  };
  expect(await check(async (root) => void (await pack(root)))).toMatchObject([
    { check: 'part-undescribed', examples: ['part_0002.jsonl'] },
  ]);
  const findings = await check(async (root) => flipBit(await pack(root), 3));
  expect(findings).toMatchObject([
    { check: 'part-undescribed' },
    {
      severity: 'wrong',
      check: 'part-unreadable',
      what: expect.stringMatching(/^part_0001.*zst:/),
    },
  ]);
});
