// Randomness that can be asked for again: a hash of whole numbers, and a generator seeded by one.
// Everything the market does is drawn from these, so the same seed gives the same market anywhere.

/** Uniform in [0, 1). */
export type Random = () => number;

/** A 32-bit hash of whole numbers; numbers beyond 32 bits count with all their bits. */
export function hashNumbers(...numbers: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) {
    hash = scramble(hash ^ (number | 0));
    hash = scramble(hash ^ (Math.floor(number / 0x1_0000_0000) | 0));
  }
  return hash >>> 0;
}

/** A 32-bit hash of a text. */
export function hashText(text: string): number {
  let hash = text.length;
  for (let i = 0; i < text.length; i++) hash = scramble(hash ^ text.charCodeAt(i));
  return hash >>> 0;
}

/** A generator of uniform numbers, a Weyl sequence scrambled. Period 2^32. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return (scramble(state) >>> 0) / 0x1_0000_0000;
  };
}

/** Roughly normal with mean 0 and deviation 1, never beyond 3.5. */
export function drawNormal(random: Random): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}

/** Exponential with the given mean. */
export function drawExponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

function scramble(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
