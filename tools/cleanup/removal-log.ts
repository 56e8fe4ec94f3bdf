// The log of what was deleted, and why that was right: a line per deletion or batch in
// `logs/qa/cleanup.log`. At 10 MB it is put aside as `cleanup.log.<time>`.

import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lake/clock.ts';
import { appendLineDurably } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { logDir } from '../../lake/layout.ts';

const maxLogBytes = 10_000_000;

/** `text` begins with a verb: `deleted`, or `deletes` where it is about to be. */
export async function logRemoval(root: string, clock: Clock, text: string): Promise<void> {
  const path = join(logDir(root), 'cleanup.log');
  const at = new Date(clock.nowUs() / 1000).toISOString();
  if ((await findSize(path)) >= maxLogBytes) {
    await rename(path, `${path}.${at.replaceAll(/[:.]/g, '-')}`);
  }
  await appendLineDurably(path, `${at} ${text}`);
}

async function findSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return 0;
    throw thrown;
  }
}
