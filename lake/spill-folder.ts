// The folder a DuckDB session spills to: its own, for the files in it have the same names in every process, and two that
// share them read each other's rows, or crash (duckdb 1.5.5). Removed with the session. What a process that was killed
// has left goes when another session is opened, hours later.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listEntries } from './durable.ts';

export type SpillFolder = { path: string; remove(): void };

/** No statement leaves what it has spilled untouched for so long. */
const leftAfterMs = 6 * 3_600_000;
const ownName = /^session-[0-9a-f-]{36}$/;

export async function makeSpillFolder(spillDir: string): Promise<SpillFolder> {
  const path = join(spillDir, `session-${randomUUID()}`);
  await mkdir(path, { recursive: true });
  await removeLeft(spillDir, (await stat(path)).mtimeMs);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

async function removeLeft(spillDir: string, nowMs: number): Promise<void> {
  for (const name of (await listEntries(spillDir)).folders) {
    if (!ownName.test(name)) continue;
    const folder = join(spillDir, name);
    const paths = [folder, ...(await listEntries(folder)).files.map((file) => join(folder, file))];
    // One that has gone since was removed by its session.
    const times = paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => nowMs,
      ),
    );
    const touchedMs = Math.max(...(await Promise.all(times)));
    if (nowMs - touchedMs > leftAfterMs) await rm(folder, { recursive: true, force: true });
  }
}
