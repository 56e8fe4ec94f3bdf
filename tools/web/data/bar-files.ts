// The files that hold a symbol's bars, found by their names, each with a stamp that changes when it is replaced:
// what was made of a file is good for as long as its stamp is.

import { type BigIntStats, statSync } from 'node:fs';
import { addDays, type Day } from '../../../lake/day.ts';
import { type Instrument, livePath, partitionPath } from '../../../lake/layout.ts';
import { emptyPath, emptyTailPath } from '../../../transformer/catalog/empty-files.ts';

export type StoredDay = { day: Day; path: string; stamp: string };
export type TailFile = { path: string; stamp: string };
export type Tail = { sealed: TailFile; open: TailFile };

/** The partitions of the days from `first` to `last`, ascending. */
export function listStoredDays(
  root: string,
  instrument: Instrument,
  first: Day,
  last: Day,
): StoredDay[] {
  const found: StoredDay[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) {
    const path = partitionPath(root, 'bars_1s', instrument, day);
    const stamp = readStamp(path);
    if (stamp !== undefined) found.push({ day, path, stamp });
  }
  return found;
}

/** A layer there is none of is an empty file. */
export function findTail(root: string, instrument: Instrument): Tail {
  const find = (layer: 'sealed' | 'open'): TailFile => {
    const path = livePath(root, 'bars_1s', instrument, layer);
    const stamp = readStamp(path);
    return stamp === undefined
      ? { path: emptyTailPath(root, 'bars_1s'), stamp: '' }
      : { path, stamp };
  };
  return { sealed: find('sealed'), open: find('open') };
}

/** Changes when one of the files does. */
export function formatStamp(days: readonly StoredDay[], { sealed, open }: Tail): string {
  return [sealed, open, ...days].map(({ stamp }) => stamp).join(' ');
}

/** As SQL takes them. There is always a first file that is empty, has all columns, and is never replaced. */
export function toPaths(root: string, days: readonly StoredDay[], tail: Tail) {
  return {
    stored_paths: [emptyPath(root, 'bars_1s'), ...days.map(({ path }) => path)],
    ...toTailPaths(root, tail),
  };
}

export function toTailPaths(root: string, { sealed, open }: Tail) {
  const empty_path = emptyTailPath(root, 'bars_1s');
  return { empty_path, sealed_path: sealed.path, open_path: open.path };
}

function readStamp(path: string): string | undefined {
  const found: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.ino}-${found.mtimeNs}-${found.size}`;
}
