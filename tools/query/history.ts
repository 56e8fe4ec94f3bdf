// What was asked at the prompt, kept between runs: one JSON string a line, oldest first, in the user's own state
// folder and not in the lake. Bounded; a line that cannot be read is left out.

import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { writeFileDurably } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';

export const maxEntries = 1000;
/** Only its user may read what was asked. */
const mode = 0o600;

export type History = {
  /** Newest first. */
  entries: string[];
  add(entry: string): Promise<void>;
};

/** `crypto-lake/history` in XDG_STATE_HOME, or in ~/.local/state. */
export function findHistoryPath(): string {
  const home = process.env.XDG_STATE_HOME ?? '';
  // The XDG base directory specification (0.8): a relative path is to be ignored.
  const state = isAbsolute(home) ? home : join(homedir(), '.local', 'state');
  return join(state, 'crypto-lake', 'history');
}

/** Throws what the disk throws. */
export async function openHistory(path: string): Promise<History> {
  const text = await readFile(path, 'utf8').catch((thrown) => {
    if (findErrorCode(thrown) === 'ENOENT') return '';
    throw thrown;
  });
  const lines = text.split('\n').filter((line) => line !== '');
  const kept = lines.slice(-maxEntries);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (lines.length > 2 * maxEntries) await writeFileDurably(path, `${kept.join('\n')}\n`, mode);
  return {
    entries: kept
      .map(findJson)
      .filter((entry) => typeof entry === 'string')
      .reverse(),
    add: (entry) => appendFile(path, `${JSON.stringify(entry)}\n`, { mode }),
  };
}
