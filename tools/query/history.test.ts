import { appendFile, mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maxEntries, openHistory } from './history.ts';

describe('history of the prompt', () => {
  it('is there at the next run, newest first, and a line that is torn is left out', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'state-')), 'crypto-lake', 'history');
    const first = await openHistory(path);
    expect(first.entries).toEqual([]);
    await first.add('SELECT 1;');
    await first.add('SELECT 2; -- two\nFROM x;');
    await appendFile(path, '"SELECT 3\n');
    expect((await openHistory(path)).entries).toEqual(['SELECT 2; -- two\nFROM x;', 'SELECT 1;']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('does not grow without end', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'state-')), 'history');
    const lines = Array.from({ length: 2 * maxEntries + 1 }, (_, index) => `"${index}"\n`);
    await appendFile(path, lines.join(''));
    expect((await openHistory(path)).entries[0]).toBe(String(2 * maxEntries));
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(maxEntries + 1);
  });
});
