// Reads how complete the last finished days are, from the manifests on disk. Looked at with every heartbeat,
// so a manifest is read only when its file has changed, and only so many at a time: a large lake is known
// after a few heartbeats. What cannot be read stops no heartbeat: the transform reports it, or mends it.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { findErrorCode, OperationalError } from '../../lake/errors.ts';
import { datasetDir, type Instrument, partitionManifestPath } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { type DayCompleteness, measureDay } from './completeness.ts';

type Known = { changedAtMs: number; found: DayCompleteness | undefined };

const maxReads = 2000;

export class CompletenessReader {
  readonly #root: string;
  #known = new Map<string, Known>();

  constructor(root: string) {
    this.#root = root;
  }

  /** What is known of these days. A symbol of which nothing is kept yet says nothing. */
  async read(instruments: readonly Instrument[], days: readonly Day[]): Promise<DayCompleteness[]> {
    const known = new Map<string, Known>();
    let reads = 0;
    for (const instrument of instruments) {
      for (const day of days) {
        const path = partitionManifestPath(this.#root, 'bars_1s', instrument, day);
        const changedAtMs = readChangedMs(path);
        const before = this.#known.get(path);
        if (before !== undefined && (before.changedAtMs === changedAtMs || reads >= maxReads)) {
          known.set(path, before);
        } else if (reads < maxReads) {
          reads++;
          const found = await this.#measure(path, instrument, day);
          // Whether a day is missing depends on others.
          known.set(path, { changedAtMs: changedAtMs ?? Number.NaN, found });
        }
      }
    }
    this.#known = known;
    return [...known.values()].flatMap(({ found }) => found ?? []);
  }

  async #measure(
    path: string,
    instrument: Instrument,
    day: Day,
  ): Promise<DayCompleteness | undefined> {
    try {
      const firstDay = findFirstDay(this.#root, instrument);
      if (firstDay === undefined || day < firstDay) return undefined;
      return measureDay(instrument, day, await readPartitionManifest(path), firstDay);
    } catch (thrown) {
      const isDamage = thrown instanceof OperationalError || findErrorCode(thrown) !== undefined;
      if (isDamage) return undefined;
      throw thrown;
    }
  }
}

function readChangedMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** The first day of which there are bars, by the names of the folders. */
function findFirstDay(root: string, { exchange, symbol }: Instrument): Day | undefined {
  let folder = join(datasetDir(root, 'bars_1s'), exchange, symbol);
  const parts: string[] = [];
  for (const key of ['year=', 'month=', 'day=']) {
    const first = listFolder(folder)
      .filter((name) => name.startsWith(key))
      .sort()[0];
    if (first === undefined) return undefined;
    parts.push(first.slice(key.length));
    folder = join(folder, first);
  }
  return parts.join('-');
}

function listFolder(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
