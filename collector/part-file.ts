// The file of a part being written, as a short list of effects: what a test can replace by a disk
// that is full, slow or stuck.

import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncPath } from '../lake/durable.ts';

export type PartFile = {
  /** Writes at `position` and says how many bytes it wrote, at least one. */
  write(chunks: readonly Uint8Array[], position: number): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
};

/** Creates the file; fails with EEXIST rather than opening one that is there. */
export type OpenPartFile = (path: string) => Promise<PartFile>;

export const openPartFile: OpenPartFile = async (path) => {
  await makeFolderDurably(dirname(path));
  const file = await open(path, 'wx');
  return {
    async write(chunks, position) {
      const { bytesWritten } = await file.writev(chunks as Uint8Array[], position);
      if (bytesWritten > 0) return bytesWritten;
      throw Object.assign(new Error(`write ${path}: wrote nothing`), { code: 'EIO' });
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
};

/** Makes a folder and its missing parents, and syncs every folder that got a new name in it. */
async function makeFolderDurably(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true });
  if (firstMade === undefined) return;
  const top = dirname(firstMade);
  for (let folder = dirname(path); folder.length >= top.length; folder = dirname(folder)) {
    await syncPath(folder);
    if (folder === top) return;
  }
}
