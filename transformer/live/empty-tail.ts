// Empties an instrument's live tail, because what it was added to has changed: a row of it must never stand in
// front of a later revision. The next refresh makes it again. Files are replaced by empty ones, not deleted: a
// reader that has listed them must find them.

import { randomUUID } from 'node:crypto';
import { copyFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { listNames } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { type Instrument, livePath } from '../../lake/layout.ts';
import { emptyTailPath } from '../catalog/empty-files.ts';

/** Does nothing where there is no tail. */
export async function emptyTail(root: string, instrument: Instrument): Promise<void> {
  const folder = dirname(livePath(root, 'bars_1s', instrument, 'open'));
  if ((await listNames(folder)).length === 0) return;
  for (const layer of ['open', 'sealed'] as const) {
    for (const dataset of ['trades', 'bars_1s'] as const) {
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
