// Which faults a round strikes with, in which order: a function of seed and round. Every fault comes
// once before any comes twice, whatever the number of rounds. Holds no effects.

import { createRandom, hashNumbers, type Random } from '../simulator/random.ts';
import { draw } from './fault.ts';

/** Faults `names` of round `round`, counted from 1. */
export function planFaults(names: readonly string[], seed: number, round: number): string[] {
  const before = sum(round - 1, seed);
  const count = countFaults(round, seed);
  return Array.from({ length: count }, (_, index) => findFault(names, seed, before + index));
}

/** The randomness of a round, beside its plan. */
export function seedRound(seed: number, round: number): number {
  return hashNumbers(seed, round, 2);
}

function countFaults(round: number, seed: number): number {
  return draw(createRandom(hashNumbers(seed, round)), 3, 6);
}

function sum(rounds: number, seed: number): number {
  let total = 0;
  for (let round = 1; round <= rounds; round++) total += countFaults(round, seed);
  return total;
}

/** The fault at a place in the endless row of shuffled decks. */
function findFault(names: readonly string[], seed: number, place: number): string {
  const deck = Math.floor(place / names.length);
  const shuffled = shuffle(names, createRandom(hashNumbers(seed, deck, 1)));
  return shuffled[place % names.length]!;
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = draw(random, 0, last);
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}
