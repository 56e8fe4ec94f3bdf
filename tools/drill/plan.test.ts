import { expect, it } from 'vitest';
import { planFaults } from './plan.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const planRounds = (seed: number) =>
  Array.from({ length: 100 }, (_, index) => planFaults(names, seed, index + 1));

it('plans three to six faults a round, the same for the same seed', () => {
  const rounds = planRounds(1);
  expect(new Set(rounds.map((round) => round.length))).toEqual(new Set([3, 4, 5, 6]));
  expect(planRounds(1)).toEqual(rounds);
  expect(planRounds(2)).not.toEqual(rounds);
});

it('strikes with every fault before it strikes with one again', () => {
  const row = planRounds(3).flat();
  for (let place = 0; place + names.length <= row.length; place += names.length) {
    expect(row.slice(place, place + names.length).sort()).toEqual(names);
  }
});
