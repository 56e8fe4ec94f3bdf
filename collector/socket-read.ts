// What is known of the bytes last read from a socket: when they came, and whether a newline is among
// them. One read holds up to several hundred frames, so that clock and search cost next to nothing
// per frame; and the time of the read is when the frames were received, not when their turn came.

const newline = 0x0a;

export class SocketRead {
  /** When the bytes were read, µs since the epoch. */
  recvUs = 0;
  /** Whether the bytes last read hold a newline. */
  #hasNewline = false;
  /** Whether any read that the next frame may lie in holds one: it may have begun in earlier reads. */
  #mayHaveNewline = false;

  /** Notes a read, before its frames are delivered. Frame headers are among the bytes. */
  note(bytes: Buffer, recvUs: number): void {
    this.recvUs = recvUs;
    this.#hasNewline = bytes.includes(newline);
    this.#mayHaveNewline ||= this.#hasNewline;
  }

  /** Whether a frame holds a newline. To be asked once for every frame, in their order. */
  hasNewline(frame: Buffer): boolean {
    const isPossible = this.#mayHaveNewline;
    // The frame after this one begins in the last read.
    this.#mayHaveNewline = this.#hasNewline;
    return isPossible && frame.includes(newline);
  }
}
