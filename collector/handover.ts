// Whether the next connection may take over: it delivers what the old one does, from where the old one
// has come to. Frames that only the old one was sent would be lost if it were closed earlier.
// Decides only.

import type { Connection } from './connection.ts';

/** What the two connections have had of a stream that both are subscribed to. */
export type StreamOverlap = {
  /** Whether the old one delivered the stream lately. */
  isExpected: boolean;
  /** Frames on the old one since the next one was complete, and frames on the next one. */
  oldFrames: number;
  nextFrames: number;
  /** Last trade id on the old one, first on the next one; -1 where there is none. */
  oldLastId: number;
  nextFirstId: number;
};

export type HandoverVerdict = 'wait' | 'ready' | 'failed';

/** Streams are waited for no longer than this after the next connection's last acknowledgement. */
const overlapWithinMs = 10_000;
/** Without trade ids to compare, both are listened to for so long. */
const minOverlapMs = 500;
/** The old one delivering so many frames, the next one must have had one. */
const provingFrames = 3;
/** What the old one delivered within so long before is expected of the next one. */
const latelyMs = 10_000;

/** A hand-over on its way, from one connection to the next. */
export class Handover {
  readonly old: Connection;
  readonly next: Connection;
  readonly reason: string;
  /** Streams of both: their index on the old one and on the next one. */
  readonly #shared: readonly { old: number; next: number }[];
  /** Frames on the old one when the next one was complete. */
  #oldCounts: Float64Array | undefined;

  constructor(old: Connection, next: Connection, reason: string) {
    this.old = old;
    this.next = next;
    this.reason = reason;
    const indexes = new Map(old.streams.map(({ name }, index) => [name, index]));
    this.#shared = next.streams.flatMap(({ name }, index) => {
      const before = indexes.get(name);
      return before === undefined ? [] : [{ old: before, next: index }];
    });
  }

  judge(nowMs: number): HandoverVerdict {
    const { liveMs } = this.next;
    if (liveMs === undefined) return 'wait';
    this.#oldCounts ??= this.old.receiver.counts.slice();
    return judgeHandover(this.#compare(liveMs), nowMs - liveMs);
  }

  #compare(liveMs: number): StreamOverlap[] {
    const oldCounts = this.#oldCounts!;
    return this.#shared.map(({ old, next }) => ({
      isExpected:
        (this.old.watch.findDeliveryMs(old) ?? Number.NEGATIVE_INFINITY) > liveMs - latelyMs,
      oldFrames: this.old.receiver.counts[old]! - oldCounts[old]!,
      nextFrames: this.next.receiver.counts[next]!,
      oldLastId: (this.old.receiver.findLane(old)?.nextId ?? 0) - 1,
      nextFirstId: this.next.receiver.findLane(next)?.firstId ?? -1,
    }));
  }
}

/** `sinceMs` is the time since every subscription of the next connection was answered. */
export function judgeHandover(streams: readonly StreamOverlap[], sinceMs: number): HandoverVerdict {
  if (sinceMs < overlapWithinMs) {
    const isProven = streams.some(({ nextFirstId }) => nextFirstId >= 0);
    if (sinceMs < minOverlapMs && !isProven) return 'wait';
    return streams.some(isMissing) ? 'wait' : 'ready';
  }
  const fails = ({ oldFrames, nextFrames }: StreamOverlap) =>
    nextFrames === 0 && oldFrames >= provingFrames;
  return streams.some(fails) ? 'failed' : 'ready';
}

function isMissing(stream: StreamOverlap): boolean {
  if (stream.nextFrames === 0) return stream.isExpected || stream.oldFrames > 0;
  // The old one lags behind where the next one has begun.
  return stream.nextFirstId >= 0 && stream.oldLastId >= 0
    ? stream.oldLastId < stream.nextFirstId - 1
    : false;
}
