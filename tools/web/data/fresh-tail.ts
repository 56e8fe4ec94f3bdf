// Keeps the live tail of the symbols somebody looks at up to date: at most once a second each. Who looks all the time
// is shown what is there, and does not wait; what is not ready in time is in the next answer.

import type { Clock } from '../../../lake/clock.ts';
import { formatReason } from '../../../lake/errors.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { Log } from '../../../lake/log.ts';
import type { LiveTail } from '../../../transformer/live/live-tail.ts';

export type FreshTail = {
  /** Resolves when it was tried to bring the tail up to date, or `withinMs` have passed: whether it was tried. */
  freshen(instruments: readonly Instrument[], withinMs: number): Promise<boolean>;
  /**
   * Has the tail refreshed. Waits for it only where nobody has looked for seconds, and what is there is old: whether
   * what is there is no older than may be shown.
   */
  keepFresh(instrument: Instrument): Promise<boolean>;
  close(): void;
};

/** How old it may be. */
const freshForMs = 900;
/** How old what is shown may be while it is being refreshed. */
const shownForMs = 4000;
const firstWithinMs = 1000;

export function openFreshTail(tail: LiveTail, clock: Clock, log: Log): FreshTail {
  /** When it was last tried, and when what is there was made. */
  const [triedAtMs, madeAtMs] = [new Map<string, number>(), new Map<string, number>()];
  let running: Promise<void> | undefined;
  let lastFailure = '';

  const isOlder = (instrument: Instrument, ms: number, times = triedAtMs) => {
    const atMs = times.get(formatKey(instrument));
    return atMs === undefined || clock.monotonicMs() - atMs >= ms;
  };

  async function refresh(stale: readonly Instrument[]): Promise<void> {
    const startedMs = clock.monotonicMs();
    try {
      await tail.refresh(stale);
      lastFailure = '';
      for (const each of stale) madeAtMs.set(formatKey(each), startedMs);
    } catch (thrown) {
      // What is there already can still be read; the reason is told once.
      const reason = formatReason(thrown);
      if (reason !== lastFailure) log.warn(`refresh live tail: ${reason}`);
      lastFailure = reason;
    }
    for (const each of stale) triedAtMs.set(formatKey(each), startedMs);
  }

  const start = (stale: readonly Instrument[]) => {
    running ??= refresh(stale).finally(() => {
      running = undefined;
    });
    return running;
  };

  async function freshen(instruments: readonly Instrument[], withinMs: number): Promise<boolean> {
    const askedMs = clock.monotonicMs();
    while (true) {
      const passedMs = clock.monotonicMs() - askedMs;
      const leftMs = withinMs - passedMs;
      // As of when it was asked for: to refresh many takes longer than they are fresh.
      const stale = instruments.filter((each) => isOlder(each, freshForMs + passedMs));
      if (stale.length === 0 || leftMs <= 0) return stale.length === 0;
      await isWithin(start(stale), leftMs);
    }
  }

  return {
    freshen,
    async keepFresh(instrument) {
      if (isOlder(instrument, shownForMs)) await freshen([instrument], firstWithinMs);
      else if (isOlder(instrument, freshForMs)) void start([instrument]);
      return !isOlder(instrument, shownForMs, madeAtMs);
    },
    close: () => tail.close(),
  };
}

function formatKey({ exchange, symbol }: Instrument): string {
  return `${exchange}/${symbol}`;
}

async function isWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
