// The lock `rest`: the tools that use REST do so one after another, so that together they keep to the
// share that the collector leaves them.

import { awaitLock } from '../../lake/lock.ts';
import type { ModeContext } from '../../lake/mode.ts';

/** A tool holds it for a few minutes at a time. */
const withinMs = 900_000;

export async function withRestLock<T>(
  { config, signal }: Pick<ModeContext, 'config' | 'signal'>,
  run: () => Promise<T>,
): Promise<T> {
  const lock = await awaitLock(config.root, 'rest', { withinMs, signal });
  try {
    return await run();
  } finally {
    await lock.release();
  }
}
