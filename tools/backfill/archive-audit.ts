// Judges the rows of an archive file as they come: rows that say the same twice are dropped, and what
// else is wrong with the file is counted and named. Holds no effects.

import type { TradeMark } from '../../exchanges/rest.ts';
import { countIds, formatRanges, type IdRange } from './id-ranges.ts';
import { IdSet } from './id-set.ts';

export type ArchiveRow = { mark: TradeMark; json: string };

/** What a file holds and what is wrong with it. */
export type ArchiveVerdict = {
  rows: number;
  /** Lowest and highest id; undefined for an empty file. */
  ids: IdRange | undefined;
  /** Rows whose id came before. */
  doubled: number;
  /** Doubled rows that directly follow their first and say something else. */
  contradicting: number;
  /** Rows whose id is lower than one before them, and new. */
  misplaced: number;
  /** Ids between the lowest and the highest that no row has: the first ranges, and how many ids. */
  missing: IdRange[];
  missingIds: number;
};

const mostRanges = 1000;

export class ArchiveAudit {
  readonly #ids = new IdSet();
  #rows = 0;
  #doubled = 0;
  #contradicting = 0;
  #misplaced = 0;
  #last: ArchiveRow | undefined;
  #highest = Number.NEGATIVE_INFINITY;

  /** Takes the next row. True where it is to be kept: all but exact copies of the row before. */
  take(row: ArchiveRow): boolean {
    const { id } = row.mark;
    const before = this.#last;
    this.#rows++;
    this.#last = row;
    if (this.#ids.add(id)) {
      if (id < this.#highest) this.#misplaced++;
      else this.#highest = id;
      return true;
    }
    this.#doubled++;
    if (before?.mark.id !== id) return true;
    if (before.json === row.json) return false;
    this.#contradicting++;
    return true;
  }

  judge(): ArchiveVerdict {
    const ids = this.#ids.bounds();
    return {
      rows: this.#rows,
      ids,
      doubled: this.#doubled,
      contradicting: this.#contradicting,
      misplaced: this.#misplaced,
      missing: this.#ids.listMissing(mostRanges),
      missingIds: ids === undefined ? 0 : countIds([ids]) - this.#ids.size,
    };
  }
}

/** What is wrong with a file, one phrase per kind; none where it is whole. */
export function listDefects(verdict: ArchiveVerdict): string[] {
  const { doubled, contradicting, misplaced, missing, missingIds } = verdict;
  const defects: string[] = [];
  if (missingIds > 0) defects.push(`${missingIds} ids missing (${formatRanges(missing)})`);
  if (doubled > 0) defects.push(`${doubled} rows doubled`);
  if (contradicting > 0) defects.push(`${contradicting} of them contradict the row before`);
  if (misplaced > 0) defects.push(`${misplaced} rows out of order`);
  return defects;
}
