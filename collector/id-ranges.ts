// Sets of trade ids as ranges, [from, to] with both ends inclusive, ascending and disjoint: what is
// missing of a symbol. Every function changes the list it is given, in place. Holds no effects.

export type IdRange = { from: number; to: number };

/** Adds a range; ranges that touch or overlap it become one. */
export function addRange(ranges: IdRange[], { from, to }: IdRange): void {
  let start = 0;
  while (start < ranges.length && ranges[start]!.to < from - 1) start++;
  let end = start;
  const joined = { from, to };
  for (; end < ranges.length && ranges[end]!.from <= to + 1; end++) {
    joined.from = Math.min(joined.from, ranges[end]!.from);
    joined.to = Math.max(joined.to, ranges[end]!.to);
  }
  ranges.splice(start, end - start, joined);
}

/** Takes a range out; what of it was there. */
export function removeRange(ranges: IdRange[], { from, to }: IdRange): IdRange[] {
  const removed: IdRange[] = [];
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i]!;
    if (range.to < from) continue;
    if (range.from > to) break;
    const left = { from: range.from, to: from - 1 };
    const right = { from: to + 1, to: range.to };
    removed.push({ from: Math.max(range.from, from), to: Math.min(range.to, to) });
    const rest = [left, right].filter((part) => part.from <= part.to);
    ranges.splice(i, 1, ...rest);
    i += rest.length - 1;
  }
  return removed;
}

export function countIds(ranges: readonly IdRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** How many ids of the list lie from `from` to `to`. */
export function countOverlap(ranges: readonly IdRange[], { from, to }: IdRange): number {
  return ranges.reduce((sum, range) => {
    return sum + Math.max(0, Math.min(range.to, to) - Math.max(range.from, from) + 1);
  }, 0);
}

/** Joins the ranges that lie closest together until there are `maxRanges` at most. */
export function boundRanges(ranges: IdRange[], maxRanges: number): void {
  while (ranges.length > maxRanges) {
    let closest = 1;
    const distanceTo = (i: number) => ranges[i]!.from - ranges[i - 1]!.to;
    for (let i = 2; i < ranges.length; i++) if (distanceTo(i) < distanceTo(closest)) closest = i;
    ranges.splice(closest - 1, 2, { from: ranges[closest - 1]!.from, to: ranges[closest]!.to });
  }
}
