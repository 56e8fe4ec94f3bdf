import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';

it('gives the check value of CRC-32C, in one piece or several', () => {
  const digits = Buffer.from('123456789');
  expect(crc32c(digits).toString(16)).toBe('e3069283');
  expect(crc32c(digits.subarray(5), crc32c(digits.subarray(0, 5))).toString(16)).toBe('e3069283');
  // RFC 3720, appendix B.4: 32 bytes of zeroes.
  expect(crc32c(Buffer.alloc(32)).toString(16)).toBe('8a9136aa');
});
