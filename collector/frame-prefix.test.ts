import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFramePrefix } from '../lake/raw-line.ts';
import { FramePrefix } from './frame-prefix.ts';

test('equals the prefix formatted anew, however the clock moves', () => {
  const around = 1_763_510_400_000_000;
  const time = fc.oneof(
    fc.integer({ min: around - 3_000_000, max: around + 3_000_000 }),
    fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER }),
  );
  fc.assert(
    fc.property(fc.array(time), (times) => {
      const prefix = new FramePrefix('c12');
      for (const recvUs of times) {
        const text = Buffer.from(prefix.format(recvUs)).toString();
        expect(text).toBe(formatFramePrefix(recvUs, 'c12'));
      }
    }),
  );
});
