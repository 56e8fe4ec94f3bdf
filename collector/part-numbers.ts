// Part numbers of one symbol. A new part takes the number after every part of its day folder, those
// that only the manifest still knows included: a number is never used twice, even after cleanup, nor by
// two processes, of which each creates the `.open` name first and then looks whether a sealed part has it.

import { access, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { listNames } from '../lake/durable.ts';
import { findErrorCode, OperationalError } from '../lake/errors.ts';
import { formatPartStem, openSuffix, parsePartFileName, partSuffixes } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import type { OpenPartFile, PartFile } from './part-file.ts';

/** Days remembered: yesterday's is asked for again when a clock steps back over midnight. */
const maxDays = 3;
const maxAttempts = 10;

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
        if (!(await hasSealedPart(dayDir, number))) {
          this.#remember(dayDir, number);
          return { file, path };
        }
        // A fill has taken the number since we last looked, and is sealed already.
        await file.close();
        await unlink(path);
        this.#last.delete(dayDir);
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

async function hasSealedPart(dayDir: string, number: number): Promise<boolean> {
  for (const suffix of Object.values(partSuffixes)) {
    const path = join(dayDir, formatPartStem(number) + suffix);
    try {
      await access(path);
      return true;
    } catch (thrown) {
      if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    }
  }
  return false;
}

/** The highest number in use in a day folder; 0 where there is none. */
async function findLastNumber(dayDir: string): Promise<number> {
  const names = await listNames(dayDir);
  const manifested = await readPartRecords(dayDir);
  const numbers = [...names, ...manifested.keys()].map((name) => parsePartFileName(name)?.number);
  return numbers.reduce<number>((highest, number) => Math.max(highest, number ?? 0), 0);
}
