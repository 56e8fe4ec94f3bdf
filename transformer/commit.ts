// Publishes what a run has staged, all of it or nothing. Staged files lie beside their targets, synced;
// an intent names them all; then they are renamed and the ledger is extended. Whatever is interrupted
// after the intent is finished by the next run, whatever before it never happened. Whoever commits has the live tail of
// the instrument renewed afterwards (live/renew-tails.ts).

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  appendLineDurably,
  listNames,
  readTextIfPresent,
  renameDurably,
  syncPath,
  writeFileDurably,
} from '../lake/durable.ts';
import { findErrorCode, OperationalError } from '../lake/errors.ts';
import { findJson } from '../lake/json.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';
import type { Lock } from '../lake/lock.ts';
import type { Log } from '../lake/log.ts';
import { tailDir } from './live/tail-files.ts';
import { awaitTailLock } from './live/tail-lock.ts';

const intentSchema = z.object({
  renames: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Partitions that the parts no longer give. */
  removes: z.array(z.string()).default([]),
  ledger: z.array(z.object({ path: z.string(), line: z.string() })),
});

/** Files to rename into place, files to remove, then lines to append. */
export type Intent = z.infer<typeof intentSchema>;

const intentName = 'commit.json';

/** Where a file is staged before it is renamed to `target`. Never matches `*.parquet`. */
export async function openStagingPath(target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  return `${target}.staged`;
}

/** Publishes the staged files. They are synced here, so writers need not. */
export async function commit(root: string, instrument: Instrument, intent: Intent): Promise<void> {
  for (const { from } of intent.renames) await syncPath(from);
  const path = join(transformStateDir(root, instrument), intentName);
  await writeFileDurably(path, JSON.stringify(intent));
  await apply(root, instrument, intent);
}

/**
 * Finishes a commit that was interrupted. Whether its journal is damaged: it is put aside then, and the
 * days that still have staged files are to be derived again.
 */
export async function recoverCommit(
  root: string,
  instrument: Instrument,
  log: Log,
): Promise<boolean> {
  const path = join(transformStateDir(root, instrument), intentName);
  const text = await readTextIfPresent(path);
  if (text === undefined) return false;
  const intent = parseIntent(text);
  if (intent === undefined) {
    log.warn(`repair ${path}: it is damaged; the days it was about are derived again`);
    await renameDurably(path, `${path}.damaged`);
    return true;
  }
  log.warn(`repair ${path}: a publication was interrupted; ${intent.renames.length} files follow`);
  await apply(root, instrument, intent);
  return false;
}

function parseIntent(text: string): Intent | undefined {
  return intentSchema.safeParse(findJson(text)).data;
}

async function apply(root: string, instrument: Instrument, intent: Intent): Promise<void> {
  const lock = await holdTail(root, instrument);
  try {
    await putInPlace(intent);
    await rm(join(transformStateDir(root, instrument), intentName));
  } finally {
    await lock?.release();
  }
}

/** Keeps the tail from being made meanwhile. Who makes one for a minute finds out afterwards, and begins again. */
async function holdTail(root: string, instrument: Instrument): Promise<Lock | undefined> {
  if ((await listNames(tailDir(root, instrument))).length === 0) return undefined;
  try {
    return await awaitTailLock(root);
  } catch (thrown) {
    if (thrown instanceof OperationalError && thrown.retryable) return undefined;
    throw thrown;
  }
}

async function putInPlace({ renames, removes, ledger }: Intent): Promise<void> {
  for (const { from, to } of renames) {
    await renameDurably(from, to).catch((thrown) => {
      // Done before the interruption.
      if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    });
  }
  for (const path of removes) await rm(path, { force: true });
  const linesByPath = new Map<string, string[]>();
  for (const { path, line } of ledger) {
    linesByPath.set(path, [...(linesByPath.get(path) ?? []), line]);
  }
  for (const [path, lines] of linesByPath) await appendLineDurably(path, lines.join('\n'));
}
