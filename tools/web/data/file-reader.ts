// A DuckDB session for statements of our own that name the files they read: it needs no catalog, so a new one neither
// keeps a question waiting nor has the session opened anew.

import { join } from 'node:path';
import { type DuckdbSession, openDuckdb } from '../../../lake/duckdb.ts';
import { type KeptSession, keepSession } from '../../../lake/kept-session.ts';
import type { ReaderLimits } from './lake-reader.ts';
import { openSessionReader, type SessionReader } from './session-reader.ts';

export type FileReader = SessionReader;

const maxSpillBytes = 1e9;

export function openFileReader(
  root: string,
  { memoryLimit, threads }: Pick<ReaderLimits, 'memoryLimit' | 'threads'>,
): FileReader {
  const spillDir = join(root, 'state', 'spill');
  const options = { path: ':memory:', memoryLimit, threads, spillDir, maxSpillBytes };
  let sessions: KeptSession<DuckdbSession> | undefined;
  const find = async () => {
    sessions ??= await keepSession(() => openDuckdb(options));
    return sessions;
  };
  return openSessionReader(root, find, () => sessions?.close());
}
