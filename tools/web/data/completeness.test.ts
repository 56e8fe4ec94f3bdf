import { expect, it } from 'vitest';
import { FakeClock } from '../../../collector/fake-clock.ts';
import { answerGaps, answerQuality } from './completeness.ts';
import type { DataContext } from './data-context.ts';

const clock = new FakeClock('2026-11-21T00:00:00Z');
const contextOf = (count: number) => {
  const query = async (_sql: string, { row_limit }: { row_limit: number }) => ({
    columns: [{ name: 'day', type: 'DATE' }],
    rows: Array(Math.min(count, row_limit)).fill(['2026-11-20']),
  });
  return { clock, reader: { query } } as unknown as DataContext;
};

it('tells all that is missing or says that it does not, and never leaves the newest out in silence', async () => {
  const { body } = await answerGaps({ about: 'gaps' }, contextOf(10_000));
  expect(JSON.parse(Buffer.from(body).toString()).gaps).toHaveLength(10_000);
  await expect(answerGaps({ about: 'gaps' }, contextOf(10_001))).rejects.toThrow('more than 10000');
  await expect(answerQuality({ about: 'quality' }, contextOf(10_001))).rejects.toThrow(
    'ask for fewer days, or one symbol',
  );
});
