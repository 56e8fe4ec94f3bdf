import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDuckdb } from './duckdb.ts';
import { makeSpillFolder } from './spill-folder.ts';

it('lets no two sessions spill to one folder, and removes what each has spilled', async () => {
  const spillDir = await mkdtemp(join(tmpdir(), 'lake-'));
  const options = { path: ':memory:', memoryLimit: '20MB', threads: 1, spillDir };
  const sessions = await Promise.all([openDuckdb(options), openDuckdb(options)]);
  for (const session of sessions) {
    await session.run(
      'CREATE TEMP TABLE spilled AS SELECT range AS id, hash(range) FROM range(2000000)',
    );
  }
  const folders = await readdir(spillDir);
  expect(folders).toHaveLength(2);
  for (const folder of folders) {
    expect(await readdir(join(spillDir, folder))).toContain('duckdb_temp_storage_DEFAULT-0.tmp');
  }
  for (const session of sessions) {
    expect(await session.all('SELECT count(*)::INTEGER AS rows FROM spilled')).toEqual([
      { rows: 2_000_000 },
    ]);
    session.close();
  }
  expect(await readdir(spillDir)).toEqual([]);
});

it('removes what a killed process left hours ago, and nothing that is in use', async () => {
  const spillDir = await mkdtemp(join(tmpdir(), 'lake-'));
  const left = await makeSpillFolder(spillDir);
  const used = await makeSpillFolder(spillDir);
  const other = join(spillDir, 'of-somebody');
  await mkdir(other);
  await writeFile(join(left.path, 'a'), '');
  await writeFile(join(used.path, 'a'), '');
  const longAgo = new Date(Date.now() - 7 * 3_600_000);
  for (const path of [join(left.path, 'a'), left.path, used.path, other]) {
    await utimes(path, longAgo, longAgo);
  }
  const session = await makeSpillFolder(spillDir);
  expect([left, used, session].map(({ path }) => existsSync(path))).toEqual([false, true, true]);
  expect(existsSync(other)).toBe(true);
});
