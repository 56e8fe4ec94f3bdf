// Part numbers of one symbol. A new part takes the number after every part of its day folder, those
// that only the manifest still knows included: a number is never used twice, even after cleanup.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findErrorCode, OperationalError } from '../lake/errors.ts';
import { formatPartStem, openSuffix, parsePartFileName, partSuffixes } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import type { OpenPartFile, PartFile } from './part-file.ts';

/** Days remembered: yesterday's is asked for again when a clock steps back over midnight. */
const maxDays = 3;
const maxAttempts = 3;

export class PartNumbers {
  /** The last number used, by day folder. */
  readonly #last = new Map<string, number>();

  /** Creates the next part of a day folder, under its name with `.open`. */
  async openNext(dayDir: string, open: OpenPartFile): Promise<{ file: PartFile; path: string }> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const number = (this.#last.get(dayDir) ?? (await findLastNumber(dayDir))) + 1;
      const path = join(dayDir, formatPartStem(number) + partSuffixes.none + openSuffix);
      try {
        const file = await open(path);
        this.#remember(dayDir, number);
        return { file, path };
      } catch (thrown) {
        if (findErrorCode(thrown) !== 'EEXIST') throw thrown;
        this.#last.delete(dayDir);
      }
    }
    throw new OperationalError(`open part in ${dayDir}: every next number is taken`, {
      hint: 'another process writes to this folder; stop it',
    });
  }

  #remember(dayDir: string, number: number): void {
    this.#last.set(dayDir, number);
    const oldest = this.#last.keys().next().value;
    if (this.#last.size > maxDays && oldest !== undefined) this.#last.delete(oldest);
  }
}

/** The highest number in use in a day folder; 0 where there is none. */
async function findLastNumber(dayDir: string): Promise<number> {
  const names = await listFolder(dayDir);
  const manifested = await readPartRecords(dayDir);
  const numbers = [...names, ...manifested.keys()].map((name) => parsePartFileName(name)?.number);
  return numbers.reduce<number>((highest, number) => Math.max(highest, number ?? 0), 0);
}

/** Names in a folder; none where there is no such folder. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
