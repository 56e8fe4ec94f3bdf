// Latencies since the process began, in a few buckets: what a Prometheus histogram is made of. Takes whole
// windows, so it costs nothing per trade, and stands still until the next one has ended. A latency below
// zero (the local clock is behind) counts as zero, or the sum could fall.

import type { LatencyWindow } from './latency.ts';

const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type LatencyCounts = {
  /** How many were at most so long, from the shortest bound to the longest. */
  buckets: { le_seconds: number; count: number }[];
  count: number;
  sum_seconds: number;
};

export class LatencyHistogram {
  /** One more than there are bounds: what is longer than all of them. */
  readonly #counts = new Float64Array(boundsSeconds.length + 1);
  #sumUs = 0;

  /** Within 3 % of the true latencies, as the window is. */
  add(window: LatencyWindow): void {
    for (const [latencyUs, count] of window.list()) {
      const found = boundsSeconds.findIndex((bound) => latencyUs <= bound * 1e6);
      this.#counts[found < 0 ? boundsSeconds.length : found]! += count;
      this.#sumUs += Math.max(0, latencyUs) * count;
    }
  }

  read(): LatencyCounts {
    let count = 0;
    const buckets = boundsSeconds.map((bound, index) => {
      count += this.#counts[index]!;
      return { le_seconds: bound, count };
    });
    const all = count + this.#counts[boundsSeconds.length]!;
    return { buckets, count: all, sum_seconds: Math.round(this.#sumUs) / 1e6 };
  }
}
