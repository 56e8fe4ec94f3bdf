import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startHistoryPath } from '../lake/layout.ts';
import {
  listBadEnds,
  type PastStart,
  readStarts,
  writeCascade,
  writeStarts,
} from './start-history.ts';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const begun = (minutesAgo: number, ended: PastStart['ended']): PastStart => ({
  started_at: new Date(nowMs - minutesAgo * 60_000).toISOString(),
  ended,
  ended_at: null,
  why: null,
  services: [],
});

describe('start history', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'crypto-lake-starts-'));
  });

  it('counts runs of the last hour that died or ended in a cascade, and no others', () => {
    const starts = [
      begun(61, null),
      begun(60, null),
      begun(50, 'asked'),
      begun(40, 'cascade'),
      begun(30, 'refused'),
      // The clock has been set back since.
      begun(-10, null),
    ];
    expect(listBadEnds(starts, nowMs)).toEqual([starts[1], starts[3]]);
  });

  it('keeps the last hundred starts', async () => {
    const starts = Array.from({ length: 130 }, (_, index) => begun(index, null));
    await writeStarts(root, starts);
    expect(await readStarts(root)).toEqual(starts.slice(-100));
  });

  it('begins anew where the file cannot be read', async () => {
    expect(await readStarts(root)).toEqual([]);
    await writeStarts(root, []);
    await writeFile(startHistoryPath(root), '[{"started_at":');
    expect(await readStarts(root)).toEqual([]);
  });

  it('keeps the reports of the last twenty cascades', async () => {
    for (let minute = 0; minute < 22; minute++) {
      const at = new Date(nowMs + minute * 60_000);
      await writeCascade(root, { at, why: `cause ${minute}`, services: [], machine: undefined });
    }
    const names = (await readdir(join(root, 'health'))).sort();
    expect(names).toHaveLength(20);
    expect(names[0]).toBe('cascade-2026-11-20T12-02-00-000Z.md');
    expect(await readFile(join(root, 'health', names[19]!), 'utf8')).toContain('cause 21');
  });
});
