// How often a stream delivers, learnt from looks at its frame counter: fading sums of frames, of the
// time they came in, and of the squares of the times between looks that saw frames. The first two give
// the mean interval; the third tells a stream that comes in bursts from one that trickles. Decides only.

/** All three fade alike, so that the quotients follow a stream through day and night. */
export type StreamRate = { frames: number; elapsedMs: number; squaresMs2: number };

export const unknownRate: StreamRate = { frames: 0, elapsedMs: 0, squaresMs2: 0 };

/** The rate counts as learnt after so many frames in so much time and so many typical gaps. */
const learntFrames = 30;
const learntAfterMs = 60_000;
const learntGaps = 8;
/** A rate may be guessed from half of these: the frames of one burst are one sample, however many. */
const guessedGaps = learntGaps / 2;
/** Memory: so many times the typical gap, within these bounds. */
const rememberedGaps = 30;
const minMemoryMs = 5 * 60_000;
const maxMemoryMs = 24 * 3_600_000;
/** What was learnt so long ago may be of another time of day, when a stream is ten times as busy. */
const outdatedAfterMs = 30 * 60_000;
const dayToNight = 10;

/** The rate after `frames` more, the time since the last ones being `elapsedMs`. */
export function learnRate(rate: StreamRate, frames: number, elapsedMs: number): StreamRate {
  const kept = Math.exp(-elapsedMs / findMemoryMs(rate, elapsedMs));
  return {
    frames: rate.frames * kept + frames,
    elapsedMs: rate.elapsedMs * kept + elapsedMs,
    squaresMs2: rate.squaresMs2 * kept + elapsedMs * elapsedMs,
  };
}

/** Whether the stream has delivered enough to know its rate. */
export function isLearnt(rate: StreamRate): boolean {
  if (!hasSamples(rate) || rate.elapsedMs < learntAfterMs) return false;
  return rate.elapsedMs >= learntGaps * findTypicalGapMs(rate);
}

/** Whether there are frames and gaps enough to guess a rate from, in however short a time. */
export function hasSamples(rate: StreamRate): boolean {
  return rate.frames >= learntFrames && rate.elapsedMs >= guessedGaps * findTypicalGapMs(rate);
}

export function findMeanIntervalMs({ frames, elapsedMs }: StreamRate): number {
  return elapsedMs / frames;
}

/** The gap a random moment falls into, on average: twice the mean where frames come independently. */
export function findTypicalGapMs({ elapsedMs, squaresMs2 }: StreamRate): number {
  return squaresMs2 / elapsedMs;
}

/** Time over which the rate is averaged, after a gap of `gapMs` at least. */
export function findMemoryMs(rate: StreamRate, gapMs = 0): number {
  const typicalMs = (rate.squaresMs2 + gapMs * gapMs) / Math.max(1, rate.elapsedMs + gapMs);
  return Math.min(maxMemoryMs, Math.max(minMemoryMs, rememberedGaps * typicalMs));
}

/**
 * A rate learnt `ageMs` ago, as it may be used now: an old one is taken for that of a quieter time,
 * and weighs so little that what is seen from now on replaces it soon.
 */
export function recallRate(rate: StreamRate, ageMs: number): StreamRate {
  if (ageMs < outdatedAfterMs) return rate;
  return { ...rate, frames: rate.frames / dayToNight, squaresMs2: rate.squaresMs2 * dayToNight };
}
