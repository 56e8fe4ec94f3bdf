// The bytes before a frame, `{"recv":<µs>,"conn":"<conn>","msg":`, kept ready for one connection: for
// the next frame of the same second only six digits change. Formatting them anew for every frame
// would cost more than all the rest of the receive path.

import { formatFramePrefix } from '../lake/raw-line.ts';

const usPerSecond = 1_000_000;
const beforeDigits = '{"recv":'.length;
const digitZero = 0x30;

export class FramePrefix {
  readonly #conn: string;
  /** Start of the second the digits stand in, µs; -1 before the first frame. */
  #secondUs = -1;
  #lastDigit = 0;
  /** The time the bytes stand for. */
  #recvUs = -1;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(conn: string) {
    this.#conn = conn;
  }

  /** The prefix for a frame received at `recvUs`. The bytes are valid until the next call. */
  format(recvUs: number): Uint8Array {
    if (recvUs === this.#recvUs) return this.#bytes;
    this.#recvUs = recvUs;
    let rest = recvUs - this.#secondUs;
    if (this.#secondUs < 0 || rest < 0 || rest >= usPerSecond) {
      this.#startSecond(recvUs);
      return this.#bytes;
    }
    const bytes = this.#bytes;
    for (let at = this.#lastDigit, left = 6; left > 0; left--, at--) {
      const quotient = (rest / 10) | 0;
      bytes[at] = digitZero + rest - quotient * 10;
      rest = quotient;
    }
    return bytes;
  }

  #startSecond(recvUs: number): void {
    this.#bytes = Buffer.from(formatFramePrefix(recvUs, this.#conn));
    this.#secondUs = Math.floor(recvUs / usPerSecond) * usPerSecond;
    this.#lastDigit = beforeDigits + String(recvUs).length - 1;
  }
}
