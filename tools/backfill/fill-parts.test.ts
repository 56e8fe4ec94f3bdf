import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPartRecords } from '../../lake/part-manifest.ts';
import { recoverStaged } from './claim-part.ts';
import { openFillParts } from './fill-parts.ts';

const nowUs = Date.parse('2026-11-21T12:00:00Z') * 1000;

it('leaves a part that could not be described as it is, and describes it the next time', async () => {
  const root = await mkdtemp(join(tmpdir(), 'fill-parts-'));
  const dayDir = join(root, 'raw/binance/BTCUSDT/2026-11-21');
  const stagingDir = join(root, 'state/tmp/backfill');
  const manifest = join(dayDir, 'manifest.jsonl');
  await mkdir(dayDir, { recursive: true });
  // Reads as absent, and takes no line: a disk that has filled up between the seal and the line.
  await symlink(join(root, 'nowhere/manifest.jsonl'), manifest);
  const parts = openFillParts({
    ...{ root, instrument: { exchange: 'binance', symbol: 'BTCUSDT' }, stagingDir },
    ...{
      maxBytes: 1_000_000,
      compression: 'none',
      clock: { nowUs: () => nowUs, monotonicMs: () => 0 },
    },
  });
  const rows = Buffer.from('[{"id":7}]');
  await parts.append({
    source: 'rest',
    receivedUs: nowUs,
    rows,
    marks: [{ id: 7, timeUs: nowUs }],
  });
  await expect(parts.finish()).rejects.toThrow(/ENOENT/);
  const text = await readFile(join(dayDir, 'part_0001.jsonl'), 'utf8');
  // As a fill that has failed does.
  await parts.finish();
  expect((await readdir(dayDir)).filter((name) => name.startsWith('part'))).toEqual([
    'part_0001.jsonl',
  ]);
  expect(await readFile(join(dayDir, 'part_0001.jsonl'), 'utf8')).toBe(text);
  await rm(manifest);
  await recoverStaged(stagingDir);
  expect([...(await readPartRecords(dayDir)).keys()]).toEqual(['part_0001.jsonl']);
  await rm(root, { recursive: true });
});
