import { expect, it } from 'vitest';
import { planRoom } from './disk-space.ts';

const gigabyte = 1e9;

it.each([
  [20, 80, 0],
  [19, 80, 1],
  [50, 40, 10],
  [1, 100, 0],
  [0.75, 100, 0.25],
])('%d of 100 GB free with an alert at %d %%: %d GB have to go', (free, percent, room) => {
  const space = { freeBytes: free * gigabyte, bytes: 100 * gigabyte };
  expect(planRoom(space, percent)).toBe(room * gigabyte);
});
