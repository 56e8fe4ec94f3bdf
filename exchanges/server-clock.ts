// The clock of a server, known from the `Date` of its answers, which drops everything below the second.
// Each answer bounds how far that clock can be from ours; several together bound it closely. Where they
// contradict each other one of the clocks was set, and the last answer counts. Holds no effects.

export class ServerClock {
  /** Bounds of the server's time minus ours, ms. */
  #offset: { leastMs: number; mostMs: number };

  /** `guessMs`: the server's time minus ours as long as no answer says otherwise. */
  constructor(guessMs: number) {
    this.#offset = { leastMs: guessMs, mostMs: guessMs };
  }

  /** An answer dated `dateMs` (whole seconds) to a request sent and received at our times. */
  noteDate(dateMs: number, sentMs: number, receivedMs: number): void {
    const leastMs = Math.max(this.#offset.leastMs, dateMs - receivedMs);
    const mostMs = Math.min(this.#offset.mostMs, dateMs + 1000 - sentMs);
    this.#offset =
      leastMs <= mostMs
        ? { leastMs, mostMs }
        : { leastMs: dateMs - receivedMs, mostMs: dateMs + 1000 - sentMs };
  }

  /** The server's time when ours is `nowMs`, at the earliest. */
  earliestMs(nowMs: number): number {
    return nowMs + this.#offset.leastMs;
  }
}
