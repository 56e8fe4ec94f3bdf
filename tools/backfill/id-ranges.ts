// Ranges of trade ids, [first, last], both inclusive, as the manifests write them. A list of ranges is
// ascending and disjoint once it went through `mergeRanges`. Holds no effects.

export type IdRange = readonly [first: number, last: number];

/** The same ids, ascending, no two ranges touching. */
export function mergeRanges(ranges: readonly IdRange[]): IdRange[] {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else if (first <= last) merged.push([first, last]);
  }
  return merged;
}

/** The ids of `ranges` that are in none of `others`. */
export function subtractRanges(ranges: readonly IdRange[], others: readonly IdRange[]): IdRange[] {
  const cuts = mergeRanges(others);
  const left: IdRange[] = [];
  let at = 0;
  for (const [first, last] of mergeRanges(ranges)) {
    let next = first;
    while (at < cuts.length && cuts[at]![1] < first) at++;
    for (let i = at; i < cuts.length && cuts[i]![0] <= last; i++) {
      const [cutFirst, cutLast] = cuts[i]!;
      if (cutFirst > next) left.push([next, cutFirst - 1]);
      next = Math.max(next, cutLast + 1);
    }
    if (next <= last) left.push([next, last]);
  }
  return left;
}

/** The ids that are in both. */
export function intersectRanges(ranges: readonly IdRange[], others: readonly IdRange[]): IdRange[] {
  return subtractRanges(ranges, subtractRanges(ranges, others));
}

export function countIds(ranges: readonly IdRange[]): number {
  return ranges.reduce((total, [first, last]) => total + last - first + 1, 0);
}

/** Whether merged ranges hold the id. */
export function includesId(ranges: readonly IdRange[], id: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] < id) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= id;
}

/** `1-3, 7, 9-12 and 4 more ranges` */
export function formatRanges(ranges: readonly IdRange[], most = 5): string {
  const shown = ranges
    .slice(0, most)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  const more = ranges.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more ranges` : '');
}
