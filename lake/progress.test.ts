import { expect, it } from 'vitest';
import { formatProgress, openProgressBar } from './progress.ts';

it('says how much is done and how long the rest will take', () => {
  expect(formatProgress(6e6, 24e6, 1500)).toBe(
    'transform [########                      ]  25 %  6.0 of 24.0 MB  eta 5 s',
  );
});

it('draws on a terminal only', () => {
  const written: string[] = [];
  const stream = (isTTY: boolean) => ({ isTTY, write: (text: string) => written.push(text) });
  const quiet = openProgressBar(stream(false), 10, () => 0);
  quiet.add(5);
  quiet.finish();
  expect(written).toEqual([]);
  const bar = openProgressBar(stream(true), 10, () => 0);
  bar.add(5);
  bar.finish();
  expect(written.join('')).toContain('50 %');
});
