import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeStore, expectFailure } from './contract.ts';
import { FolderStore } from './folder-store.ts';
import { measureFile } from './local-file.ts';

describeStore('folder', async (folder) => {
  const path = join(folder, 'store');
  await mkdir(path);
  return {
    store: new FolderStore({
      path,
      root: join(folder, 'lake'),
      tempFolder: join(folder, 'tmp'),
      nowMs: Date.now,
    }),
    async plant(key, content) {
      await mkdir(dirname(join(path, key)), { recursive: true });
      await writeFile(join(path, key), content);
    },
    close: async () => {},
  };
});

describe('a folder store', () => {
  const { signal } = new AbortController();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crypto-lake-folder-'));
  });
  const open = (path = folder, nowMs = Date.now) =>
    new FolderStore({ path, root: join(folder, 'lake'), tempFolder: join(folder, 'tmp'), nowMs });

  it('never makes its own folder, and says what to do', async () => {
    const store = open(join(folder, 'not-mounted'));
    const failure = await expectFailure('no-bucket', store.check(signal));
    expect(failure.message).toMatch(
      /^open .*not-mounted: ENOENT.*\n {2}make the folder .* or mount/,
    );
    await expectFailure('no-bucket', store.head('a', signal));
    await writeFile(join(folder, 'file'), '');
    const file = await measureFile(join(folder, 'file'));
    await expectFailure('no-bucket', store.put('a', file, 'absent', signal));
    await expectFailure('no-bucket', store.list('', signal).next());
    expect(await readdir(folder)).not.toContain('not-mounted');
  });

  it('deletes what a killed upload left a day ago, and nothing that may be on its way', async () => {
    const uploading = join(folder, '.uploading');
    await mkdir(uploading);
    await writeFile(join(uploading, 'old'), 'x');
    await writeFile(join(uploading, 'new'), 'x');
    await utimes(join(uploading, 'old'), new Date('2026-11-20'), new Date('2026-11-20'));
    await utimes(join(uploading, 'new'), new Date('2026-11-21'), new Date('2026-11-21'));
    await open(folder, () => Date.parse('2026-11-21T12:00:00Z')).check(signal);
    expect(await readdir(uploading)).toEqual(['new']);
  });

  it("takes the lake's own folder for no store, nor what links make of the lake's own files", async () => {
    await mkdir(join(folder, 'lake/parquet'), { recursive: true });
    await writeFile(join(folder, 'lake/parquet/a'), 'the only one');
    await symlink(join(folder, 'lake'), join(folder, 'linked'));
    await expectFailure('refused', open(join(folder, 'linked')).head('parquet/a', signal));
    const file = await measureFile(join(folder, 'lake/parquet/a'));
    await expectFailure('refused', open(join(folder, 'lake')).put('raw/b', file, 'absent', signal));
    await mkdir(join(folder, 'disk'));
    await symlink(join(folder, 'lake/parquet'), join(folder, 'disk/parquet'));
    const failure = await expectFailure(
      'refused',
      open(join(folder, 'disk')).head('parquet/a', signal),
    );
    expect(failure.message).toContain("it is the lake's own file, and no copy");
  });

  it('calls what its own disk refuses a failure of the store, not of this machine', async () => {
    await writeFile(join(folder, 'file'), 'content');
    // No file can be made there.
    await symlink('/proc/self', join(folder, '.uploading'));
    const put = open().put('a', await measureFile(join(folder, 'file')), 'absent', signal);
    await expectFailure('no-bucket', put);
  });

  it('leaves nothing behind where a put fails', async () => {
    const store = open();
    await writeFile(join(folder, 'file'), 'content');
    const file = await measureFile(join(folder, 'file'));
    await rm(file.path);
    await expect(store.put('a', file, 'absent', signal)).rejects.toThrow('ENOENT');
    expect(await readdir(join(folder, '.uploading'))).toEqual([]);
  });
});
