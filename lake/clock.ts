// Time as the parts see it. Wall-clock microseconds label receipt; the monotonic clock measures
// intervals. The two are never mixed: a wall clock that is set back moves labels, not timers.

/** Source of time. Both calls are cheap enough to be made once per frame. */
export type Clock = {
  /** Microseconds since the epoch, UTC, by the machine's wall clock. */
  nowUs(): number;
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  monotonicMs(): number;
};

/** How often the µs clock is pinned to the wall clock again, which NTP may have moved. */
const pinEveryMs = 1000;

/**
 * The machine's clock. `Date.now()` has millisecond resolution, so microseconds come from the
 * monotonic clock, pinned to the wall clock once a second.
 */
export function openSystemClock(): Clock {
  let pinnedAtMs = performance.now();
  let offsetUs = performance.timeOrigin * 1000;
  return {
    monotonicMs: () => performance.now(),
    nowUs() {
      const elapsedMs = performance.now();
      if (elapsedMs - pinnedAtMs >= pinEveryMs) {
        const measuredUs = Date.now() * 1000 - elapsedMs * 1000;
        // Date.now() truncates to the millisecond: a difference of that size is not a change.
        if (Math.abs(measuredUs - offsetUs) > 1500) offsetUs = measuredUs + 500;
        pinnedAtMs = elapsedMs;
      }
      return Math.floor(elapsedMs * 1000 + offsetUs);
    },
  };
}
