// A small file system of its own for a lake, in memory, which takes the right to mount one; and the
// means to fill it. Whoever may not mount is told so by `undefined`.

import { execFile } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findErrorCode } from '../../lake/errors.ts';

const run = promisify(execFile);
const megabytes = 96;

/** Mounts a small disk at `path`. Undefined where that is not possible here. */
export async function mountSmallDisk(
  path: string,
): Promise<{ unmount(): Promise<void> } | undefined> {
  await mkdir(path, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'crypto-lake-drill', path]);
  } catch {
    return undefined;
  }
  // Lazily: a child that was killed may take a moment to let go.
  return { unmount: async () => void (await run('umount', ['--lazy', path])) };
}

/** Writes until nothing more fits. */
export async function fillDisk(path: string): Promise<void> {
  await using file = await open(path, 'w');
  for (let bytes = 1 << 20; bytes >= 1; ) {
    try {
      await file.write(Buffer.alloc(bytes));
    } catch (thrown) {
      if (findErrorCode(thrown) !== 'ENOSPC') throw thrown;
      bytes >>= 1;
    }
  }
}
