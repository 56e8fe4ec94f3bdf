// When the orchestrator of a lake was started and how each run ended, `state/orchestrate/starts.json`:
// so that what fails at every start is started ever more slowly, whoever starts it. And the reports of
// cascades, `health/cascade-<time>.md`, of which the last 20 are kept.

import { rm } from 'node:fs/promises';
import { freemem, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readDiskSpace } from '../lake/disk-space.ts';
import { listNames, readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { findJson } from '../lake/json.ts';
import { healthDir, startHistoryPath } from '../lake/layout.ts';
import { strikeSecrets } from '../lake/secrets.ts';
import { type Cascade, formatCascade, type Machine } from './cascade-report.ts';

const startSchema = z.object({
  /** ISO 8601, UTC. */
  started_at: z.string(),
  /** How the run ended; null while it runs, and for good where it died. */
  ended: z.enum(['asked', 'cascade', 'refused']).nullable(),
  ended_at: z.string().nullable(),
  /** Why there was a cascade, and the services that failed. */
  why: z.string().nullable(),
  services: z.array(z.string()),
});
export type PastStart = z.infer<typeof startSchema>;

const maxStarts = 100;
const maxReports = 20;
const hourMs = 3_600_000;

/** Past starts, oldest first; none where the file is not there or cannot be read. */
export async function readStarts(root: string): Promise<PastStart[]> {
  const text = await readTextIfPresent(startHistoryPath(root));
  return z.array(startSchema).safeParse(findJson(text ?? '[]')).data ?? [];
}

export async function writeStarts(root: string, starts: readonly PastStart[]): Promise<void> {
  const kept = starts.slice(-maxStarts);
  await writeFileDurably(startHistoryPath(root), `${JSON.stringify(kept, null, 1)}\n`);
}

/** The runs that began within the last hour and did not end because they were asked to. */
export function listBadEnds(starts: readonly PastStart[], nowMs: number): PastStart[] {
  return starts.filter(({ started_at, ended }) => {
    const ageMs = nowMs - Date.parse(started_at);
    return ageMs >= 0 && ageMs <= hourMs && (ended === null || ended === 'cascade');
  });
}

/** Writes the report and drops the oldest ones. The report's path. */
export async function writeCascade(root: string, cascade: Cascade): Promise<string> {
  const time = cascade.at.toISOString().replace(/[:.]/g, '-');
  const path = join(healthDir(root), `cascade-${time}.md`);
  await writeFileDurably(path, strikeSecrets(formatCascade(cascade)));
  const reports = (await listNames(healthDir(root))).filter((name) =>
    /^cascade-.*\.md$/.test(name),
  );
  for (const name of reports.slice(0, -maxReports)) await rm(join(healthDir(root), name));
  return path;
}

export async function readMachine(root: string): Promise<Machine> {
  const disk = await readDiskSpace(root);
  return {
    diskFreeBytes: disk.freeBytes,
    diskBytes: disk.bytes,
    memoryFreeBytes: freemem(),
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
  };
}
