// A fault of the drill: what it is called, and how it is brought about on a running lake. `strike`
// resolves when its cause is over; whether and when the lake recovers is for the round to find out.

import type { Random } from '../simulator/random.ts';
import type { Scene } from './scene.ts';

export type Fault = {
  name: string;
  /** Needs a lake on a disk of its own, small enough to be filled. */
  needsSmallDisk?: boolean;
  strike(scene: Scene, random: Random): Promise<void>;
};

/** A whole number from `from` to `to`, both inclusive. */
export function draw(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[draw(random, 0, from.length - 1)]!;
}
