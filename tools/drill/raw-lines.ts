// What the raw parts of a lake say, read while they are written: the last live trade of a symbol, and
// the control lines. Reads bytes, knows no manifest: the drill must not trust what it tests.

import { globSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findErrorCode } from '../../lake/errors.ts';

export type ControlLine = { recvUs: number; conn: string; event: string; path: string };

const tailBytes = 64 * 1024;

/** The id of the last trade that a connection delivered and that is on disk. */
export async function findLastTradeId(root: string, symbol: string): Promise<number | undefined> {
  const pattern = `raw/*/${symbol}/*/part_*`;
  const newest = globSync(pattern, { cwd: root })
    .map((name) => ({ path: join(root, name), changedMs: readChangeMs(join(root, name)) }))
    .sort((a, b) => b.changedMs - a.changedMs);
  // A part that was opened a moment ago holds no trade yet.
  for (const { path } of newest.slice(0, 3)) {
    const ids = [...(await readTail(path)).matchAll(/"e":"trade".*?"t":(\d+)/g)];
    if (ids.length > 0) return Math.max(...ids.map(([, id]) => Number(id)));
  }
  return undefined;
}

/** Every control line of the lake's sealed parts, by time of receipt. */
export async function readControlLines(root: string): Promise<ControlLine[]> {
  const lines: ControlLine[] = [];
  for (const path of globSync('raw/*/*/*/part_*.jsonl', { cwd: root })) {
    const text = await readFile(join(root, path), 'utf8');
    for (const match of text.matchAll(/^\{"recv":(\d+),"conn":"([^"]*)","event":"(\w+)"/gm)) {
      lines.push({ recvUs: Number(match[1]), conn: match[2]!, event: match[3]!, path });
    }
  }
  return lines.sort((a, b) => a.recvUs - b.recvUs);
}

function readChangeMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function readTail(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } catch (thrown) {
    // It has been sealed meanwhile, which gives it another name.
    if (findErrorCode(thrown) === 'ENOENT') return '';
    throw thrown;
  }
}
