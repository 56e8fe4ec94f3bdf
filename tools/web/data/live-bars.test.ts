import { expect, it } from 'vitest';
import type { DataContext } from './data-context.ts';
import { answerFreshen } from './live-bars.ts';

/** Of a lake whose tail is up to date in time, or not. */
const makeContext = (isFresh: boolean) =>
  ({
    instruments: { list: async () => [] },
    tail: { freshen: async () => isFresh },
  }) as unknown as DataContext;

it('what live views lack that are not up to date in time is refused, not left out in silence', async () => {
  await expect(answerFreshen(makeContext(true))).resolves.toBeDefined();
  await expect(answerFreshen(makeContext(false))).rejects.toMatchObject({
    status: 503,
    retryAfterSeconds: 1,
  });
});
