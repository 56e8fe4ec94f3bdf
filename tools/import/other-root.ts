// Whether a folder can be another lake to import from: it holds raw parts, and is not this lake.

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { listNames } from '../../lake/durable.ts';
import { findErrorCode, OperationalError, UsageError } from '../../lake/errors.ts';

/** Throws UsageError for this lake's own root, OperationalError where there is no lake. */
export async function checkOtherRoot(root: string, other: string): Promise<void> {
  const [own, foreign] = await Promise.all([findRealPath(root), findRealPath(other)]);
  if (foreign === undefined || (await listNames(join(other, 'raw'))).length === 0) {
    throw new OperationalError(`import ${other}: there are no raw parts in it`, {
      hint: 'name the root of the other lake, the folder that holds raw/',
    });
  }
  if (own === foreign) throw new UsageError(`parse --other: ${other} is the root of this lake`);
}

async function findRealPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
