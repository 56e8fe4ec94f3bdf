// Empties an instrument's live tail, because all of it is published, or because it can't be made again of what is: a
// row of it must not stand in front of a later revision. Files are replaced by empty ones, not deleted: a reader
// that has listed them must find them. The part being written goes first, for it stands on what is sealed.

import { randomUUID } from 'node:crypto';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { findErrorCode } from '../../lake/errors.ts';
import { type Instrument, livePath } from '../../lake/layout.ts';
import { emptyTailPath } from '../catalog/empty-files.ts';

const layers = ['open', 'sealed'] as const;
const datasets = ['trades', 'bars_1s'] as const;

/** Whether it has no row, or was never made. Only a file without a row is as long as the one that has none. */
export async function isTailEmpty(root: string, instrument: Instrument): Promise<boolean> {
  for (const dataset of datasets) {
    const none = await measure(emptyTailPath(root, dataset));
    for (const layer of layers) {
      const size = await measure(livePath(root, dataset, instrument, layer));
      if (size !== undefined && size !== none) return false;
    }
  }
  return true;
}

async function measure(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    return undefined;
  }
}

/** Does nothing where there is no tail. */
export async function emptyTail(root: string, instrument: Instrument): Promise<void> {
  if (await isTailEmpty(root, instrument)) return;
  for (const layer of layers) {
    for (const dataset of datasets) {
      const path = livePath(root, dataset, instrument, layer);
      // A refresh may be writing at the same time.
      const staged = `${path}.${randomUUID()}.staged`;
      try {
        await copyFile(emptyTailPath(root, dataset), staged);
        await rename(staged, path);
      } catch (thrown) {
        if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
        await rm(path, { force: true });
      }
    }
  }
}
