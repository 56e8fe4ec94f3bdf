import { expect, it } from 'vitest';
import { ErrorTail } from './error-tail.ts';

it('puts lines together from pieces, and keeps the last twenty', () => {
  const tail = new ErrorTail();
  for (let number = 1; number <= 30; number++) {
    tail.addText(`line `);
    tail.addText(`${number}\n\n`);
  }
  tail.addText('not yet whole');
  expect(tail.lines).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 11}`));
});

it('cuts what would fill the memory', () => {
  const tail = new ErrorTail();
  for (let piece = 0; piece < 100; piece++) tail.addText('x'.repeat(10_000));
  tail.addText('\n');
  expect(tail.lines[0]!.length).toBe(500);
});
