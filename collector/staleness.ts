// Whether a stream delivers. An open socket and an acknowledgement prove nothing: the exchange
// acknowledges wrong names, and a stream can fall silent alone. A stream is judged by its own rate,
// learnt while it delivers. Decides only.

import {
  findMeanIntervalMs,
  findMemoryMs,
  findTypicalGapMs,
  hasSamples,
  isLearnt,
  learnRate,
  type StreamRate,
  unknownRate,
} from './stream-rate.ts';

/** A stream of unknown rate is silent when so long after its acknowledgement no frame has come. */
const silentAfterMs = 9500;
/** Exchanges pause for some seconds now and then; a busy stream is noticed within 10 s. */
const minStaleAfterMs = 8000;
const maxStaleAfterMs = 48 * 3_600_000;
/**
 * A stream is stale after so many mean intervals and so many typical gaps. Frames that come
 * independently leave a gap of 17 mean intervals once in e^17, 24 million.
 */
const meanIntervals = 17;
const typicalGaps = 8;
/** A stream that fell silent before its rate was learnt is suspected after so long, and examined. */
const unsureAfterMs = 60_000;
/** A rate averaged over hours lags behind the day, by this factor per hour, up to a bound. */
const lagPerHour = 1.4;
const maxLag = 10;

export type StreamHealth = {
  state: 'live' | 'silent' | 'stale';
  /** Whether the stream has delivered on this connection. */
  hasDelivered: boolean;
  /** Time of the last frame, or of the acknowledgement before the first. */
  lastMs: number;
  rate: StreamRate;
};

/** A stream that has just been acknowledged; `rate` is what is known of it. */
export function beginHealth(nowMs: number, rate: StreamRate = unknownRate): StreamHealth {
  return { state: 'live', hasDelivered: false, lastMs: nowMs, rate };
}

/** The health after `frames` more frames, seen now. */
export function observeStream(health: StreamHealth, frames: number, nowMs: number): StreamHealth {
  const elapsedMs = nowMs - health.lastMs;
  if (frames > 0) {
    // The wait for the first frame of a connection says nothing about the rate.
    const rate = health.hasDelivered ? learnFrom(health, frames, elapsedMs) : health.rate;
    return { state: 'live', hasDelivered: true, lastMs: nowMs, rate };
  }
  if (health.state !== 'live') return health;
  const boundMs = findPatienceMs(health);
  if (elapsedMs <= boundMs) return health;
  return { ...health, state: health.hasDelivered ? 'stale' : 'silent' };
}

/** The health of a stream that is known to have had nothing to deliver. */
export function excuseStream(health: StreamHealth, nowMs: number): StreamHealth {
  const rate = learnFrom(health, 0, nowMs - health.lastMs);
  return { ...health, state: 'live', lastMs: nowMs, rate };
}

/** How long a stream may deliver nothing at this moment, ms. */
export function findPatienceMs({ hasDelivered, rate }: StreamHealth): number {
  return hasDelivered || isLearnt(rate) ? findStaleAfterMs(rate) : silentAfterMs;
}

/** How long a stream of this rate may deliver nothing before it is stale. */
function findStaleAfterMs(rate: StreamRate): number {
  if (!hasSamples(rate)) return maxStaleAfterMs;
  const boundMs = Math.max(
    findMeanIntervalMs(rate) * meanIntervals,
    findTypicalGapMs(rate) * typicalGaps,
    isLearnt(rate) ? 0 : unsureAfterMs,
  );
  const lag = Math.min(maxLag, lagPerHour ** (findMemoryMs(rate) / 3_600_000 - 0.5));
  return Math.min(maxStaleAfterMs, Math.max(minStaleAfterMs, boundMs * Math.max(1, lag)));
}

/** A gap that was a failure, or may have been, counts no more than what was allowed. */
function learnFrom(health: StreamHealth, frames: number, elapsedMs: number): StreamRate {
  const { rate, state } = health;
  const creditedMs = state === 'live' ? elapsedMs : Math.min(elapsedMs, findStaleAfterMs(rate));
  return learnRate(rate, frames, creditedMs);
}
