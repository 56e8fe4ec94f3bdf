// How often connections were lost within the last hour, from counters that only say how often since the
// collector started. What they say when first looked at is of an unknown time, and not counted; the counters
// of another process began at 0. Decides only.

import type { CollectStatus } from '../../lake/status.ts';

/** Losses of one connection in the last hour. */
export type ConnectionLosses = { exchange: string; connection: string; lost: number };

type Loss = { key: string; atMs: number; count: number };

const hourMs = 3_600_000;

export class ReconnectWindow {
  #counters = new Map<string, number>();
  #pid: number | undefined;
  #losses: Loss[] = [];

  /** Takes what the collector says; `nowMs` is monotonic. */
  observe(collect: CollectStatus, nowMs: number): void {
    const isFirst = this.#pid === undefined;
    if (this.#pid !== collect.pid) this.#counters = new Map();
    this.#pid = collect.pid;
    for (const { exchange, lane = 0, shard = 0, losses = 0 } of collect.connections) {
      const key = `${exchange} ${lane}/${shard}`;
      const before = this.#counters.get(key) ?? 0;
      const count = losses >= before ? losses - before : losses;
      if (count > 0 && !isFirst) this.#losses.push({ key, atMs: nowMs, count });
      this.#counters.set(key, losses);
    }
  }

  /** Those that lost any, the worst first. */
  list(nowMs: number): ConnectionLosses[] {
    this.#losses = this.#losses.filter(({ atMs }) => nowMs - atMs < hourMs);
    const byKey = Map.groupBy(this.#losses, ({ key }) => key);
    return [...byKey]
      .map(([key, losses]) => {
        const [exchange, connection] = key.split(' ') as [string, string];
        return { exchange, connection, lost: losses.reduce((sum, { count }) => sum + count, 0) };
      })
      .sort((a, b) => b.lost - a.lost);
  }
}
