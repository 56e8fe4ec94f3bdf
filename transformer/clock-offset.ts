// By how much the exchange's clock was ahead of ours, over exchange time. Pure: from what was measured in
// the parts, or else from their trades, to disjoint, ascending stretches in which an offset held. Where
// parts overlap the later one in their order counts, so that the order of reading does not.

import {
  findOffsetUs,
  type Interval,
  orderParts,
  type PartCoverage,
  shiftSpan,
} from './coverage.ts';

export type ClockStretch = Interval & { offsetUs: number };

export function mergeClocks(parts: readonly PartCoverage[]): ClockStretch[] {
  const ordered = orderParts(parts);
  const stretches: ClockStretch[] = [];
  for (const [index, part] of ordered.entries()) {
    if (part.spans.length === 0) continue;
    for (const stretch of listStretches(part, findOffsetUs(ordered, index))) {
      // One of no length holds in no second.
      if (stretch.fromUs < stretch.toUs) paint(stretches, stretch);
    }
  }
  return stretches;
}

/** A measurement holds until the next one or the end of the part, the first one from its beginning. */
function listStretches(part: PartCoverage, tradesOffsetUs: number | undefined): ClockStretch[] {
  const heard = part.spans.map((span) => shiftSpan(span, tradesOffsetUs ?? 0));
  const fromUs = Math.min(...heard.map((interval) => interval.fromUs));
  const toUs = Math.max(...heard.map((interval) => interval.toUs));
  const measured = part.clocks
    .map(({ recvUs, offsetUs }) => ({ atUs: recvUs + offsetUs, offsetUs }))
    .sort((a, b) => a.atUs - b.atUs || a.offsetUs - b.offsetUs);
  if (measured.length === 0) {
    return tradesOffsetUs === undefined ? [] : [{ fromUs, toUs, offsetUs: tradesOffsetUs }];
  }
  return measured.map(({ atUs, offsetUs }, index) => ({
    fromUs: index === 0 ? fromUs : Math.max(fromUs, atUs),
    toUs: Math.min(toUs, measured[index + 1]?.atUs ?? toUs),
    offsetUs,
  }));
}

/** Puts a stretch over what lies there. */
function paint(stretches: ClockStretch[], stretch: ClockStretch): void {
  const behind: ClockStretch[] = [];
  while (stretches.length > 0 && stretches.at(-1)!.toUs > stretch.fromUs) {
    const last = stretches.pop()!;
    if (last.toUs > stretch.toUs) {
      behind.unshift({ ...last, fromUs: Math.max(last.fromUs, stretch.toUs) });
    }
    if (last.fromUs < stretch.fromUs) {
      stretches.push({ ...last, toUs: stretch.fromUs });
      break;
    }
  }
  stretches.push(stretch, ...behind);
}
