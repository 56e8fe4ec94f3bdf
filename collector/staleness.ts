// Whether a stream delivers. An open socket and an acknowledgement prove nothing: the exchange
// acknowledges wrong names, and a stream can fall silent alone. A stream is judged by its own rate,
// learnt while it delivers and kept over reconnects. Decides only.

/** Without a first frame for so long after its acknowledgement, a stream is silent. */
const silentAfterMs = 60_000;
const minStaleAfterMs = 10_000;
const maxStaleAfterMs = 30 * 60_000;
/** A stream is stale after so many mean intervals, and after so many of its longest recent gaps. */
const meanIntervals = 30;
const longestGaps = 3;
/** Time over which the mean interval is averaged, and over which a long gap is forgotten. */
const meanOverMs = 5 * 60_000;
const gapOverMs = 60 * 60_000;
/** The rate counts as learnt after so many frames in so much time. */
const learntFrames = 30;
const learntAfterMs = 60_000;

/** What is known of a stream's rate. */
export type StreamRate = {
  frames: number;
  observedMs: number;
  meanIntervalMs: number;
  longestGapMs: number;
};

export type StreamHealth = {
  state: 'live' | 'silent' | 'stale';
  /** Whether the stream has delivered on this connection. */
  hasDelivered: boolean;
  /** Time of the last frame, or of the acknowledgement before the first. */
  lastMs: number;
  rate: StreamRate;
};

const unknownRate: StreamRate = { frames: 0, observedMs: 0, meanIntervalMs: 0, longestGapMs: 0 };

/** A stream that has just been acknowledged; `before` is its health on an earlier connection. */
export function beginHealth(nowMs: number, before?: StreamHealth): StreamHealth {
  return { state: 'live', hasDelivered: false, lastMs: nowMs, rate: before?.rate ?? unknownRate };
}

/** The health after `frames` more frames, seen now. */
export function observeStream(health: StreamHealth, frames: number, nowMs: number): StreamHealth {
  const elapsedMs = nowMs - health.lastMs;
  if (frames > 0) {
    // The wait for the first frame of a connection says nothing about the rate.
    const rate = health.hasDelivered ? learnRate(health.rate, frames, elapsedMs) : health.rate;
    return { state: 'live', hasDelivered: true, lastMs: nowMs, rate };
  }
  const staleAfterMs = findStaleAfterMs(health.rate);
  if (health.hasDelivered) {
    return elapsedMs > staleAfterMs ? { ...health, state: 'stale' } : health;
  }
  const waitMs = isLearnt(health.rate) ? Math.max(silentAfterMs, staleAfterMs) : silentAfterMs;
  return elapsedMs > waitMs ? { ...health, state: 'silent' } : health;
}

/** How long the stream may deliver nothing before it is stale. */
export function findStaleAfterMs(rate: StreamRate): number {
  if (!isLearnt(rate)) return maxStaleAfterMs;
  const boundMs = Math.max(rate.meanIntervalMs * meanIntervals, rate.longestGapMs * longestGaps);
  return Math.min(maxStaleAfterMs, Math.max(minStaleAfterMs, boundMs));
}

/** Whether the stream has delivered enough to know its rate. */
export function isLearnt(rate: StreamRate): boolean {
  return rate.frames >= learntFrames && rate.observedMs >= learntAfterMs;
}

function learnRate(rate: StreamRate, frames: number, elapsedMs: number): StreamRate {
  const sampleMs = elapsedMs / frames;
  const weight = rate.frames === 0 ? 1 : 1 - Math.exp(-elapsedMs / meanOverMs);
  const keptGapMs = rate.longestGapMs * Math.exp(-elapsedMs / gapOverMs);
  return {
    frames: rate.frames + frames,
    observedMs: rate.observedMs + elapsedMs,
    meanIntervalMs: rate.meanIntervalMs + weight * (sampleMs - rate.meanIntervalMs),
    longestGapMs: Math.max(keptGapMs, elapsedMs),
  };
}
