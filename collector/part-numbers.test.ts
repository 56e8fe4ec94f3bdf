import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPartFile } from './part-file.ts';
import { PartNumbers } from './part-numbers.ts';

let root: string;
let dayDir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'numbers-'));
  dayDir = join(root, '2026-11-21');
  await mkdir(dayDir);
});
afterEach(() => rm(root, { recursive: true }));

describe('openNext', () => {
  it.each(['.jsonl', '.jsonl.gz', '.jsonl.zst'])(
    'never takes a number another process has sealed as %s since the last part',
    async (suffix) => {
      const numbers = new PartNumbers();
      const first = await numbers.openNext(dayDir, openPartFile);
      await first.file.close();
      await writeFile(join(dayDir, `part_0002${suffix}`), 'filled');
      const next = await numbers.openNext(dayDir, openPartFile);
      await next.file.close();
      expect(next.path.endsWith('part_0003.jsonl.open')).toBe(true);
      expect(await readdir(dayDir)).toEqual([
        'part_0001.jsonl.open',
        `part_0002${suffix}`,
        'part_0003.jsonl.open',
      ]);
      expect(await readFile(join(dayDir, `part_0002${suffix}`), 'utf8')).toBe('filled');
    },
  );

  it('never takes a number another process has claimed but not sealed', async () => {
    const numbers = new PartNumbers();
    await (await numbers.openNext(dayDir, openPartFile)).file.close();
    await writeFile(join(dayDir, 'part_0002.jsonl.open'), 'being claimed');
    const next = await numbers.openNext(dayDir, openPartFile);
    await next.file.close();
    expect(next.path.endsWith('part_0003.jsonl.open')).toBe(true);
  });
});
