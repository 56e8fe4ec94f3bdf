import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SocketRead } from './socket-read.ts';

test('finds a newline in just the frames that hold one, however the bytes are split', () => {
  const frame = fc
    .array(fc.constantFrom('a', 'b', '\n'), { minLength: 1, maxLength: 8 })
    .map((letters) => Buffer.from(letters.join('')));
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(frame), cuts, (frames, sizes) => {
      const read = new SocketRead();
      const all = Buffer.concat(frames);
      const found: boolean[] = [];
      let end = 0;
      for (let at = 0, i = 0; at < all.length; i++) {
        const size = sizes[i % sizes.length]!;
        read.note(all.subarray(at, at + size), 1);
        at += size;
        // Every frame that is whole by now is delivered.
        for (;;) {
          const next = frames[found.length];
          if (next === undefined || end + next.length > at) break;
          end += next.length;
          found.push(read.hasNewline(next));
        }
      }
      expect(found).toEqual(frames.map((bytes) => bytes.includes('\n')));
    }),
    { numRuns: 1000 },
  );
});
