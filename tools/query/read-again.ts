// DuckDB opens a Parquet file twice by its name (1.5.5): one that is replaced in between, as the live tail is every
// second and a partition by a run, fails what reads it, loudly. Nothing is wrong with the lake then, and it is read again.
// That a file was replaced is seen by its folder, not by what DuckDB says.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { listEntries } from '../../lake/durable.ts';
import { liveDir } from '../../lake/layout.ts';

const maxAttempts = 5;
/** What fails after so long may fail by itself, and is not kept from whoever waits. */
const startWithinMs = 10_000;

/**
 * What `read` gives; it must be able to begin anew. Throws what it throws where nothing was replaced meanwhile, at the
 * fifth time, after ten seconds, and where `mayGoOn` says so.
 */
export async function readAgain<Value>(
  root: string,
  read: () => Promise<Value>,
  mayGoOn: () => boolean = () => true,
  nowMs: () => number = () => performance.now(),
): Promise<Value> {
  const startedMs = nowMs();
  for (let attempt = 1; ; attempt++) {
    const before = await stampFolders(root);
    try {
      return await read();
    } catch (thrown) {
      if (attempt === maxAttempts || !mayGoOn()) throw thrown;
      if (nowMs() - startedMs >= startWithinMs) throw thrown;
      if ((await stampFolders(root)) === before) throw thrown;
    }
  }
}

/** Changes with every file that is put in place of one of the tail, and with every publication. */
async function stampFolders(root: string): Promise<string> {
  const stamps: string[] = [];
  for (const top of [liveDir(root), join(root, 'state', 'transform')]) {
    for (const exchange of (await listEntries(top)).folders) {
      for (const symbol of (await listEntries(join(top, exchange))).folders) {
        const found = statSync(join(top, exchange, symbol), {
          bigint: true,
          throwIfNoEntry: false,
        });
        stamps.push(`${exchange}/${symbol} ${found?.mtimeNs}`);
      }
    }
  }
  return stamps.join('\n');
}
