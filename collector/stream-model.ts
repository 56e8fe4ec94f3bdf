// Streams as they might be, for tests: when a stream's frames come, second by second of a model's time,
// by a seed. Independent frames or bursts, a day that is ten times as busy as its night, weekends.

export type StreamModel = {
  /** Frames, or bursts, per second at the busiest time of the day. */
  perSecond: number;
  /** Frames per burst; 1 for frames that come independently. */
  burst: number;
  /** Whether it follows day, night and weekend. */
  followsDay: boolean;
};

const dayS = 86_400;
const night = 0.1;
const weekend = 0.3;
/** A weekend sets in over two hours. */
const weekendRampS = 7200;

/** Numbers in [0, 1) by a seed. */
export function openRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Activity at a time of the model, which begins at noon of a Thursday: 1 at the busiest. */
export function findActivity(timeS: number): number {
  const wave = (1 + Math.cos((2 * Math.PI * timeS) / dayS)) / 2;
  const sinceFridayS = timeS - 1.5 * dayS;
  const into = Math.min(1, Math.max(0, sinceFridayS / weekendRampS));
  const outOf = Math.min(1, Math.max(0, (sinceFridayS - 2 * dayS) / weekendRampS));
  return (night + (1 - night) * wave) * (1 - (1 - weekend) * (into - outOf));
}

/** Frames of the stream in the `spanS` seconds from `timeS` on. */
export function drawFrames(
  { perSecond, burst, followsDay }: StreamModel,
  timeS: number,
  spanS: number,
  random: () => number,
): number {
  const mean = perSecond * spanS * (followsDay ? findActivity(timeS) : 1);
  return drawPoisson(mean, random) * burst;
}

/** A Poisson number; of large means by their normal approximation. */
function drawPoisson(mean: number, random: () => number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > floor; product *= random()) count++;
  return count;
}
